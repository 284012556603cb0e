"""One step on the kernel of the guest, without a daemon: tests/vm/one-step.c
told from Python."""

import os
import subprocess


class StepError(Exception):
    def __init__(self, code, message):
        super().__init__("%s: %s" % (code, message))
        self.code, self.message = code, message


class Step:
    """step.capture(), .apply(), .verify(), .revert(): each raises a
    StepError or leaves in 'original' and 'output' what the step knows."""

    def __init__(self, kind, device, **args):
        self.process = subprocess.Popen(
            [os.path.join(os.environ["VIFD_BUILDDIR"], "tests/vm/one-step"),
             kind, device], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)
        self.original, self.output = {}, {}
        self.tell("args", **args)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(30)

    def tell(self, word, **args):
        self.process.stdin.write(" ".join(
            [word] + ["%s=%s" % item for item in args.items()]) + "\n")
        self.process.stdin.flush()
        verdict = self.process.stdout.readline().split(None, 2)
        known = {"original": {}, "output": {}}
        for line in iter(self.process.stdout.readline, ".\n"):
            what, pair = line.rstrip("\n").split(" ", 1)
            key, value = pair.split("=", 1)
            known[what][key] = value
        self.original, self.output = known["original"], known["output"]
        if verdict[0] != "ok":
            raise StepError(verdict[1], verdict[2].strip())
        return self

    def capture(self):
        return self.tell("capture")

    def apply(self):
        return self.tell("apply")

    def verify(self):
        return self.tell("verify")

    def revert(self):
        return self.tell("revert")

    def plug(self):
        return self.capture().apply()

    def change(self, **args):
        """From what is in place to these arguments."""
        return self.tell("change", **args).apply()
