"""Run a scripted stream at a scripted endpoint that ends at a request: mortal_endpoint.py FOLDER MOMENT SERVED [SETTING...].

MOMENT is ``kill:N`` or ``interrupt:N`` (SIGKILL or SIGINT as the N-th request of this process leaves), ``full:BYTES`` (no file may become larger)
or ``never``. SERVED is a file to which the prompt and turn of every request are added, as a server would know them: it survives all.
"""

import os
import resource
import signal
import sys
from itertools import count
from pathlib import Path

from scripted import scripted

from synlearner.errors import SynLearnerError
from synlearner.loop import run
from synlearner.records import Turn
from synlearner.registry import register
from synlearner.testing import Recorder, ScriptedEndpoint

KIND, _, NUMBER = sys.argv[2].partition(":")
SERVED = os.open(sys.argv[3], os.O_CREAT | os.O_APPEND | os.O_WRONLY)
requests = count(1)
if KIND == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(NUMBER), int(NUMBER)))


@register("generator", "scripted-endpoint")
class Mortal(ScriptedEndpoint):
    def sent(self, turn: Turn) -> None:
        os.write(SERVED, f"{turn.prompt.id} {turn.number}\n".encode())
        if KIND in ("kill", "interrupt") and next(requests) == int(NUMBER):
            os.kill(os.getpid(), signal.SIGKILL if KIND == "kill" else signal.SIGINT)


try:
    run(scripted('generator.engine="scripted-endpoint"', 'tasks=["reviews.toml"]', "evaluation.matrix='none'", *sys.argv[4:]), Path(sys.argv[1]), progress=Recorder())
except SynLearnerError as error:
    print(f"{type(error).__name__}: {error}", file=sys.stderr)
    sys.exit(3)
except KeyboardInterrupt:
    sys.exit(4)
