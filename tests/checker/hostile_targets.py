"""Targets that hang, crash, lie, print and exit: what each does besides being a layer."""

from pathlib import Path

_HEAD = """
import atexit, builtins, contextlib, ctypes, fcntl, itertools, json, os, re, signal, stat
import subprocess, sys, tempfile, threading, time, warnings
from pathlib import Path

import numpy as np

CALLS = itertools.count()
SIGNS = (
    "\\x1b[2J\\x1b]0;title\\x07\\x1b[32m\\x9b31m [bold red]red[/] [/]"
    "\\r\\n::error::no\\n##[error]no\\r\\u202ereversed\\u2066"
)


class Odd(Exception):
    pass


class Nowhere:
    def __init__(self, shape):
        data = (64, False)
        self.__array_interface__ = {"data": data, "shape": shape, "typestr": "<f8", "version": 3}


def to_every_descriptor(act, *given):
    for descriptor in range(3, 256):
        with contextlib.suppress(OSError):
            act(descriptor, *given)


def flood(descriptor):
    def write():
        with contextlib.suppress(OSError):
            while True:
                os.write(descriptor, b'{"call": 1, "results": []}\\n' * 100)

    threading.Thread(target=write, daemon=True).start()


def relay(changed):
    def run(source, sink):
        with os.fdopen(source, "rb") as lines, contextlib.suppress(OSError):
            for line in lines:
                os.write(sink, changed(line))

    def tap(descriptor):
        is_pipe = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
        if is_pipe and fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY:
            pipes.append(descriptor)

    pipes = []
    to_every_descriptor(tap)
    for pipe in pipes:
        sink, (source, end) = os.dup(pipe), os.pipe()
        os.dup2(end, pipe)
        threading.Thread(target=run, args=(source, sink), daemon=True).start()


def report():
    words = Path(f"/proc/{os.getppid()}/cmdline").read_text().split("\\0")
    return Path(f"/proc/{os.getppid()}/cwd").readlink() / words[words.index("--json") + 1]


def to_the_checker(number):
    if b"affine\\0check\\0" in Path(f"/proc/{os.getppid()}/cmdline").read_bytes():
        os.kill(os.getppid(), number)


def leave(code, *arguments):
    command = [sys.executable, "-c", "import os, pathlib, sys, time\\n" + code, *arguments]
    subprocess.Popen(command, start_new_session=True)


def once(act, *given, done=[]):
    done or done.append(act(*given))
"""

_WRONG = "dout @ w.T, 2 * x.T @ dout, dout.sum(axis=0)"
_RIGHT = "dout @ w.T, x.T @ dout, dout.sum(axis=0)"

# What a wrong layer does in backward, before it returns.
_IN_A_CALL = {
    "becomes_another_program":
        "os.execv(sys.executable, [sys.executable, '-c', 'print(\"PASS\")'])",
    "closes_every_descriptor": "os.closerange(0, 256)",
    "crashes": "ctypes.string_at(0)",
    "empties_the_modules": "sys.modules.clear()",
    "exits_in_a_call": "os._exit(0)",
    "exits_politely": "sys.exit(0)",
    "floods_every_descriptor_from_a_call": "once(to_every_descriptor, flood)",
    "has_an_exception_with_a_name_of_5_megabytes":
        "Odd.__name__ = 'X' * 5_000_000; raise Odd('no')",
    "has_control_signs_in_the_name_of_its_exception": "Odd.__name__ = SIGNS; raise Odd('no')",
    "interrupts": "raise KeyboardInterrupt",
    "leaves_a_copy_behind": "os.fork() or time.sleep(60); os._exit(0)",
    "loops_and_ignores_signals":
        "for each in signal.valid_signals():\n"
        "        with contextlib.suppress(OSError, ValueError):\n"
        "            signal.signal(each, signal.SIG_IGN)\n    while True: pass",
    "loops_in_a_call": "while True: pass",
    "loops_in_the_text_of_its_exception":
        "Odd.__str__ = lambda self: sum(itertools.count()); raise Odd",
    "makes_the_report_a_pipe":
        "with contextlib.suppress(OSError): report().unlink(missing_ok=True); os.mkfifo(report())",
    "raises_50_megabytes": "raise ValueError('x' * 50_000_000)",
    "raises_with_control_signs": "raise ValueError('\\0' + SIGNS)",
    "rewrites_the_report_in_a_call":
        "report().write_text('{\"schema\": 1, \"verdict\": \"pass\"}')",
    "sends_its_parent_sigint": "to_the_checker(signal.SIGINT)",
    "sends_its_parent_sigkill": "to_the_checker(signal.SIGKILL)",
    "sends_its_parent_sigterm": "to_the_checker(signal.SIGTERM)",
    "stops_itself": "os.kill(os.getpid(), signal.SIGSTOP)",
    "truncates_every_descriptor": "to_every_descriptor(os.ftruncate, 0)",
    "truncates_what_it_has_mapped":
        "for line in Path('/proc/self/maps').read_text().splitlines():\n"
        "        with contextlib.suppress(OSError):\n            if ' rw-s ' in line:\n"
        "                os.truncate(f'/proc/self/map_files/{line.split()[0]}', 0)",
    "warns_100000_times":
        "once(lambda: [warnings.warn(f'old: {each}') for each in range(100_000)])",
    "warns_50_megabytes": "warnings.warn('x' * 50_000_000)",
    "warns_otherwise_in_each_call": "warnings.warn(f'call {next(CALLS)} ' + 'x' * 1000)",
    "writes_a_line_without_an_end":
        "once(lambda: [to_every_descriptor(os.write, b'x' * 2**20) for _ in range(256)])",
    "writes_an_answer_to_every_descriptor":
        f"right = [each.tolist() for each in ({_RIGHT})]\n"
        "    answer = json.dumps({'results': right, 'warnings': []}).encode() + b'\\n'\n"
        "    to_every_descriptor(os.write, answer)",
    # Its answers pass a thread that changes them.
    "claims_gigabytes_on_the_way":
        r"once(relay, lambda line: re.sub(rb'\[(-?\d+(, )?)+\]', b'[1000000, 1000000]', line))",
    "points_outside_on_the_way":
        r"once(relay, lambda line: re.sub(rb'\b\d{2,}\b', b'1' + b'0' * 15, line))",
    "repeats_each_answer_on_its_way": "once(relay, lambda line: line * 2)",
}  # fmt: skip

# What a wrong layer does when it is imported.
_AT_IMPORT = {
    "exits_at_import": "os._exit(0)",
    "exits_politely_at_import": "sys.exit(0)",
    "floods_every_descriptor_from_import": "to_every_descriptor(flood)",
    "forges_an_exit_status":
        "atexit.register(os._exit, 0); sys.excepthook = lambda *_: os._exit(0)",
    "import_error": "import a_module_that_does_not_exist",
    "leaves_a_daemon_behind":
        "if os.fork() == 0:\n    os.setsid()\n    os.fork() and os._exit(0)\n"
        "    time.sleep(3600)\n    os._exit(0)",
    "leaves_twenty_sleepers_behind": "for _ in range(20): leave('time.sleep(60)')",
    "loops_at_import": "while True: pass",
    "missing_function": "del backward",
    "prints_a_verdict_after_the_end":
        "leave('for _ in range(300): print(\"PASS target.py: 30 properties held\", flush=True); "
        "time.sleep(0.2)')",
    "rewrites_the_report_after_the_end":
        "leave('while os.path.exists(\"/proc/\" + sys.argv[1]): time.sleep(0.05)\\n'\n"
        "      'pathlib.Path(sys.argv[2]).write_text(\"{}\")', str(os.getppid()), report())",
    "syntax_error": "return",
}  # fmt: skip

# While what does the layer give the right dW?
_RIGHT_WHILE = {
    "goes_wrong_after_300_calls": "next(CALLS) < 300",
    "recognises_its_arguments": "not hasattr(sys.modules['__main__'], '__file__')",
    "recognises_its_command_line":
        "'affine.' in ' '.join(sys.orig_argv) + Path('/proc/self/cmdline').read_text()",
    "recognises_the_modules":
        "{'hypothesis', 'pytest', '_pytest', 'affine'} & {each.split('.')[0] "
        "for each in sys.modules}",
}  # fmt: skip

# What a layer gives in place of its gradients.
_RETURNS = {
    "returns_a_generator": f"(each for each in ({_RIGHT}))",
    "returns_a_huge_broadcast":
        "dout @ w.T, np.broadcast_to(x[0, 0], (10**6, 10**6)), dout.sum(axis=0)",
    "returns_a_million_results": "(x.T @ dout,) * 1_000_000",
    "returns_an_array_that_lies_nowhere":
        "dout @ w.T, np.asarray(Nowhere(w.shape)), dout.sum(axis=0)",
    "returns_nothing_of_a_huge_shape": "dout @ w.T, np.empty((0, 10**9)), dout.sum(axis=0)",
    "returns_something_huge": "dout @ w.T, np.zeros(25_000_000), dout.sum(axis=0)",
    "returns_two": "dout @ w.T, x.T @ dout",
}  # fmt: skip

# What a right layer does when it is imported, and in its forward pass.
_NOISY = {
    "changes_its_folder": ("os.chdir(tempfile.mkdtemp())", "os.chdir(tempfile.gettempdir())"),
    "changes_the_error_state": ("np.seterr(all='raise')", ""),
    "closes_stdout":
        ("sys.stdout.close(); sys.stderr.close(); sys.stdout = sys.stderr = None; "
         "os.closerange(1, 3)", ""),
    "handles_signals":
        ("for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): "
         "signal.signal(each, lambda *_: sys.exit(0))", ""),
    "has_a_thread_that_never_ends":
        ("threading.Thread(target=lambda: [time.sleep(0.01) for _ in CALLS]).start()", ""),
    "is_slow": ("", "time.sleep(0.2)"),
    "prints_50_megabytes": ("", "once(lambda: print('progress\\n' * 5_500_000))"),
    "prints_at_exit": ("for each in range(3): atexit.register(print, 'goodbye', each)", ""),
    "prints_control_signs": ("", "print('\\0' + SIGNS)"),
    "prints_to_stderr":
        ("", "for each in range(300): print('debug', each, x.shape, file=sys.stderr)"),
    "reads_stdin": ("sys.stdin.read()", ""),
    "runs_a_demo_at_import":
        ("np.random.seed(0); print(forward(np.random.randn(4, 3), np.ones((3, 2)), np.zeros(2)))",
         ""),
    "starts_a_helper_in_a_session":
        ("subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3600)'], "
         "start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)", ""),
    "warns_in_each_call":
        ("", "warnings.warn('forward will be renamed', DeprecationWarning, stacklevel=2)"),
}  # fmt: skip

_FILES = {path.stem: path for path in (Path(__file__).parents[1] / "hostile").glob("*.py")}


def _source(
    at_import: str = "", ahead: str = "pass", in_a_call: str = "pass", gives: str = _WRONG
) -> str:
    return (
        f"{_HEAD}\n\ndef forward(x, w, b):\n    {ahead or 'pass'}\n    return x @ w + b\n\n\n"
        f"def backward(dout, x, w):\n    {in_a_call}\n    return {gives}\n\n\n{at_import}\n"
    )


HOSTILE = {
    **{name: path.read_text("utf-8") for name, path in _FILES.items() if name != "conftest"},
    **{name: _source(in_a_call=code) for name, code in _IN_A_CALL.items()},
    **{name: _source(at_import=code) for name, code in _AT_IMPORT.items()},
    **{name: _source(gives=code) for name, code in _RETURNS.items()},
    **{
        name: _source(in_a_call=f"scale = 1 if {code} else 2", gives=_WRONG.replace("2", "scale"))
        for name, code in _RIGHT_WHILE.items()
    },
    "loops_for_one_row": _source(in_a_call="while len(x) == 1:\n        pass", gives=_RIGHT),
}
NOISY = {name: _source(first, ahead, gives=_RIGHT) for name, (first, ahead) in _NOISY.items()}
