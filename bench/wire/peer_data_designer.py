"""The same prompts through data-designer, run by the interpreter of an environment of its own."""

import os

from peer_arguments import arguments, keep, prompts


def main() -> None:
    given = arguments()
    os.environ |= {"NEMO_TELEMETRY_ENABLED": "false", "DATA_DESIGNER_HOME": given.work, "HF_HOME": given.work, "HF_HUB_OFFLINE": "1", "A_KEY": "k"}

    import pandas as pd
    from data_designer.config.column_configs import LLMStructuredColumnConfig
    from data_designer.config.config_builder import DataDesignerConfigBuilder
    from data_designer.config.models import ChatCompletionInferenceParams, ModelConfig, ModelProvider
    from data_designer.config.run_config import ResumeMode, RunConfig
    from data_designer.config.seed_source_dataframe import DataFrameSeedSource
    from data_designer.interface import DataDesigner
    from pydantic import BaseModel

    class Record(BaseModel):
        label: str
        text: str

    rows = pd.DataFrame(prompts(given.prompts))
    asking = ChatCompletionInferenceParams(temperature=1.0, max_tokens=160, max_parallel_requests=given.concurrency, timeout=max(1, round(given.timeout)))
    model = ModelConfig(alias="m", model="m", provider="here", inference_parameters=asking, skip_health_check=True)
    config = DataDesignerConfigBuilder(model_configs=[model])
    config.with_seed_dataset(DataFrameSeedSource(df=rows))
    config.add_column(LLMStructuredColumnConfig(name="record", model_alias="m", prompt="{{ user }}", system_prompt=rows["system"][0], output_format=Record))
    designer = DataDesigner(given.work, model_providers=[ModelProvider(name="here", endpoint=given.url, api_key="A_KEY")])
    designer.set_run_config(RunConfig(disable_early_shutdown=True, otel_metrics_port=None))
    found = designer.create(config, num_records=len(rows), dataset_name="endpoint", resume=ResumeMode.IF_POSSIBLE).load_dataset()
    keep(given.out, ({"label": record["label"], "text": record["text"]} for record in found["record"] if record is not None))


if __name__ == "__main__":
    main()
