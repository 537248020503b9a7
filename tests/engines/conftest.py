"""Tiny models with random weights, made once per session in the very format that users give: a folder."""

from collections.abc import Callable
from pathlib import Path

import pytest

from synlearner.records import Prompt
from synlearner.seeding import content_hash

CHAT = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}<end>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
TEXTS = [
    'Task: sort the tickets. Labels: "refund", "login" Record: {"label": "refund", "text": "I want my money back."}',
    '{"label": "login", "text": "The password is wrong, I cannot log in!"} Write one new record with the keys "label", "text".',
    "You write realistic, varied training data. Answer with one JSON object and nothing else. Example: 1 2 3 4 5 6 7 8 9 0",
]


BEGINNING = "<begin>"


def tokenizer_in(folder: Path, *, chat: bool, begins: bool = False) -> None:
    """`begins`: the tokenizer puts a token before every text, and the chat template writes it itself, as those of many chat models do."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    special = ["<pad>", "<end>", "<system>", "<user>", "<assistant>", *([BEGINNING] if begins else [])]
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<end>", additional_special_tokens=special[2:])
    if begins:
        tokenizer.post_processor = processors.TemplateProcessing(single=f"{BEGINNING} $A", special_tokens=[(BEGINNING, special.index(BEGINNING))])
        fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", bos_token=BEGINNING, eos_token="<end>", additional_special_tokens=special[2:-1])
    if chat:
        fast.chat_template = (BEGINNING if begins else "") + CHAT
    fast.save_pretrained(folder)


def model_in(folder: Path, kind: str, **more: object) -> Path:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(3)
    small = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 256}
    config = AutoConfig.for_model(kind, vocab_size=400, pad_token_id=0, eos_token_id=1, bos_token_id=None, initializer_range=0.15, **{**small, **more})
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plain base model."""
    folder = tmp_path_factory.mktemp("models") / "tiny-llama"
    tokenizer_in(folder, chat=False)
    return model_in(folder, "llama")


@pytest.fixture(scope="session")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plain model with more columns."""
    return model_in(tmp_path_factory.mktemp("models") / "wide-llama", "llama", hidden_size=64)


@pytest.fixture(scope="session")
def shallow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plain model with one layer less."""
    return model_in(tmp_path_factory.mktemp("models") / "shallow-llama", "llama", num_hidden_layers=1)


@pytest.fixture(scope="session")
def qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chat model."""
    folder = tmp_path_factory.mktemp("models") / "tiny-qwen"
    tokenizer_in(folder, chat=True)
    return model_in(folder, "qwen2")


@pytest.fixture(scope="session")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chat model whose texts begin with a token of their own."""
    folder = tmp_path_factory.mktemp("models") / "tiny-llama-chat"
    tokenizer_in(folder, chat=True, begins=True)
    return model_in(folder, "llama")


@pytest.fixture(scope="session")
def sliding(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose attention reaches eight tokens back."""
    folder = tmp_path_factory.mktemp("models") / "tiny-mistral"
    tokenizer_in(folder, chat=False)
    return model_in(folder, "mistral", sliding_window=8)


@pytest.fixture(scope="session")
def ask() -> Callable[..., Prompt]:
    def make(number: int, *, label: str = "refund", words: int = 3) -> Prompt:
        user = "Task: sort the tickets.\n" + "Example: 1 2 3 " * words + f"{number}\nRecord:"
        return Prompt(
            content_hash([number, label, words]), "tickets", "explore", number, label, {}, (), "You write realistic, varied training data.", user, 1000 + number, ("label", "text")
        )

    return make


@pytest.fixture(scope="session")
def bert(llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny classifier's body with the tokenizer of the tests."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertModel

    folder = tmp_path_factory.mktemp("models") / "tiny-bert"
    torch.manual_seed(0)
    AutoTokenizer.from_pretrained(llama).save_pretrained(folder)
    BertModel(
        BertConfig(vocab_size=400, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, max_position_embeddings=128, pad_token_id=0)
    ).save_pretrained(folder)
    return folder
