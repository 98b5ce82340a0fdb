"""What runs in a child between fork and the real program; a script, on the standard library alone.

    child.py PARENT SIGNAL IDENTITY PROGRAM [ARGUMENT …]

1. IDENTITY `same` changes nothing.  PostgreSQL refuses to run as root and as a number that
   has no name, so these start it as `namespace` (nobody in a user namespace of its own, still
   the caller outside).  Where the kernel denies that, root starts it as `nobody` itself, who
   keeps the right to reach root's folders.
2. The kernel is asked to send SIGNAL when the launcher dies, however it dies.  This comes
   last because a change of identity cancels the wish, exec does not.
3. If the launcher died before the wish was heard, the child ends here.

It is a script and no preexec_fn: nothing of the launcher's threads or locks is inherited,
and the launcher may spawn from a process that has threads.
"""

import ctypes
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS = 1, 8
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CLONE_NEWUSER = 0x10000000
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522
NOBODY = 65534


def main() -> None:
    """Prepare this process and become the program."""
    parent, signal, identity, *program = sys.argv[1:]
    IDENTITIES[identity]()
    if sys.platform == "linux":
        system_call("prctl", PR_SET_PDEATHSIG, int(signal), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit("the launcher is gone")
    os.execvp(program[0], program)  # noqa: S606 - no shell is the point


def namespace() -> None:
    """Be nobody in a user namespace in which that number stands for the caller's own."""
    user, group = os.geteuid(), os.getegid()
    system_call("unshare", CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {group} 1")


def nobody() -> None:
    """Be nobody, with the one capability that opens folders on the way to the program."""
    system_call("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    kept = 1 << CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    effective_permitted_inheritable = (ctypes.c_uint32 * 6)(kept, kept, kept, 0, 0, 0)
    system_call("capset", header, effective_permitted_inheritable)
    system_call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def system_call(name: str, *arguments: object) -> None:
    """Call the C library's `name`; raise OSError when it says no."""
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


IDENTITIES: Mapping[str, Callable[[], None]] = {
    "same": lambda: None,
    "namespace": namespace,
    "nobody": nobody,
}

if __name__ == "__main__":
    main()
