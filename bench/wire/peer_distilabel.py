"""The same prompts through distilabel, run by the interpreter of an environment of its own."""

import os

from peer_arguments import arguments, keep, prompts


def main() -> None:
    given = arguments()
    os.environ |= {"DISTILABEL_CACHE_DIR": given.work, "HF_HOME": given.work, "HF_HUB_OFFLINE": "1", "OPENAI_API_KEY": "k"}

    from distilabel.models import OpenAILLM
    from distilabel.pipeline import Pipeline
    from distilabel.steps import LoadDataFromDicts
    from distilabel.steps.tasks import TextGeneration

    rows = [{"instruction": row["user"], "system_prompt": row["system"]} for row in prompts(given.prompts)]
    options = {"max_new_tokens": 160, "temperature": 1.0}
    with Pipeline(name="endpoint", cache_dir=given.work) as pipeline:
        load = LoadDataFromDicts(data=rows, batch_size=given.concurrency)
        llm = OpenAILLM(model="m", base_url=given.url, api_key="k", timeout=max(1, round(given.timeout)), max_retries=8, generation_kwargs=options)
        load >> TextGeneration(llm=llm, input_batch_size=given.concurrency, add_raw_input=False)
    found = pipeline.run(use_cache=True)
    keep(given.out, ({"raw": row["generation"] or ""} for row in found["default"]["train"]))


if __name__ == "__main__":
    main()
