"""What the child process can no longer do once it opens a model: write, connect, start processes.

On Linux, by two means of the kernel that need no privileges: Landlock takes away writing and
TCP, a seccomp filter takes away the system calls that write files, open sockets, start
processes or reach into others. Both hold for the model's threads, and cannot be undone.
RLIMIT_NPROC would not do: it counts all processes of the user, threads too, and root is exempt.
Reading stays: libraries load parts of themselves when they first need them. Where the kernel has
neither means, as outside Linux, nothing happens.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

NO_NEW_PRIVILEGES = 38  # of prctl; both means need it
NOT_PERMITTED, NO_SUCH_CALL, NO_ACCESS = 1, 38, 13  # EPERM, ENOSYS, EACCES

# Landlock: the rights that are taken away, by the version of the kernel's interface (its ABI).
FILES = {1: 0b1_1111_1111_0010, 2: 1 << 13, 3: 1 << 14}  # all but execute and read; refer; truncate
TCP = 0b11  # bind and connect, from version 4
SIGNALS = 0b11  # sockets without a name in the file system, and signals, from version 6
CREATE_RULESET, RESTRICT_SELF = 444, 446

# seccomp: the system calls that are refused, with their numbers on x86_64 and aarch64.
MACHINES = {"x86_64": (0xC000003E, 317), "aarch64": (0xC00000B7, 277)}  # AUDIT_ARCH, seccomp
REFUSED = """
execve 59 221, execveat 322 281, fork 57 -, vfork 58 -,
socket 41 198, connect 42 203, bind 49 200, io_uring_setup 425 425,
creat 85 -, truncate 76 45, rename 82 -, renameat 264 38, renameat2 316 276,
mkdir 83 -, mkdirat 258 34, mknod 133 -, mknodat 259 33,
rmdir 84 -, unlink 87 -, unlinkat 263 35, link 86 -, linkat 265 37, symlink 88 -, symlinkat 266 36,
chmod 90 -, fchmod 91 52, fchmodat 268 53, fchmodat2 452 452,
chown 92 -, fchown 93 55, lchown 94 -, fchownat 260 54,
utime 132 -, utimes 235 -, futimesat 261 -, utimensat 280 88,
setxattr 188 5, lsetxattr 189 6, fsetxattr 190 7, removexattr 197 14,
mount 165 40, umount2 166 39, unshare 272 97, setns 308 268, bpf 321 280,
add_key 248 217, keyctl 250 219, shmget 29 194, semget 64 190, msgget 68 186, mq_open 240 180,
ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271,
tkill 200 130, rt_sigqueueinfo 129 138, pidfd_open 434 434, pidfd_send_signal 424 424
"""
UNKNOWN = "clone3 435 435, openat2 437 437"  # libraries then use what the filter can judge
OPENS = "open 2 -, openat 257 56"  # refused where they would write
SIGNAL = "kill 62 129, tgkill 234 131"  # refused where they reach another process
CLONE = "clone 56 220"  # refused where it starts no thread
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
THREAD = 0x10000  # CLONE_THREAD
FOREIGN = 0x40000000  # from here on, x86_64 has the numbers of another interface
LOAD, EQUAL, ANY_BIT, AT_LEAST, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06  # the filter's operations
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
CALL, MACHINE, ARGUMENTS = 0, 4, 16  # where the filter finds them in seccomp_data
ALL_THREADS = 1  # SECCOMP_FILTER_FLAG_TSYNC

NONE = "none: this system has neither Landlock nor seccomp"


def confine() -> tuple[str, ...]:
    """Confine this process as far as the kernel can; say in words what is active."""
    if sys.platform != "linux":
        return (NONE,)
    kernel = ctypes.CDLL(None, use_errno=True)
    if kernel.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return (NONE,)
    active = []
    version = _restrict_with_landlock(kernel)
    if version:
        network = " or TCP" if version >= 4 else ""
        active.append(f"Landlock version {version}: no writing{network}")
    if _install_filter(kernel):
        active.append("seccomp: no writing, no sockets, no new processes")
    return tuple(active) or (NONE,)


def _restrict_with_landlock(kernel: ctypes.CDLL) -> int:
    """Take all writing away; return the version of Landlock, 0 without it."""
    version = int(kernel.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), 1))
    if version < 1:
        return 0
    files = sum(bits for since, bits in FILES.items() if since <= version)
    rights = [files, *([TCP] if version >= 4 else []), *([SIGNALS] if version >= 6 else [])]
    attributes = struct.pack(f"{len(rights)}Q", *rights)
    rules = kernel.syscall(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if rules < 0:
        return 0
    done = kernel.syscall(RESTRICT_SELF, rules, 0)
    os.close(rules)
    return version if done == 0 else 0


def _install_filter(kernel: ctypes.CDLL) -> bool:
    """Install the filter of system calls for all threads; return whether it holds."""
    machine = platform.machine()
    if machine not in MACHINES:
        return False
    code = b"".join(struct.pack("HBBI", *each) for each in _program(machine))
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    return bool(kernel.syscall(MACHINES[machine][1], 1, ALL_THREADS, program) == 0)


def _program(machine: str) -> list[tuple[int, int, int, int]]:
    """The filter: operation, where to go if true, where to go if not, and a number."""

    def numbers(calls: str) -> list[int]:
        column = 1 + list(MACHINES).index(machine)
        found = [each.split()[column] for each in calls.split(",")]
        return [int(each) for each in found if each != "-"]

    def refuse(error: int) -> tuple[int, int, int, int]:
        return RETURN, 0, 0, REFUSE | error

    allow = RETURN, 0, 0, ALLOW
    program = [
        (LOAD, 0, 0, MACHINE),
        (EQUAL, 1, 0, MACHINES[machine][0]),
        refuse(NOT_PERMITTED),
        (LOAD, 0, 0, CALL),
        (AT_LEAST, 0, 1, FOREIGN),
        refuse(NOT_PERMITTED),
    ]
    for number in numbers(REFUSED):
        program += [(EQUAL, 0, 1, number), refuse(NOT_PERMITTED)]
    for number in numbers(UNKNOWN):
        program += [(EQUAL, 0, 1, number), refuse(NO_SUCH_CALL)]
    for number in numbers(OPENS):
        flags = ARGUMENTS + 8 * (1 if number == 2 else 2)
        judge = [(LOAD, 0, 0, flags), (ANY_BIT, 0, 1, WRITES), refuse(NO_ACCESS), allow]
        program += [(EQUAL, 0, len(judge), number), *judge]
    for number in numbers(SIGNAL):
        judge = [(LOAD, 0, 0, ARGUMENTS), (EQUAL, 1, 0, os.getpid()), refuse(NOT_PERMITTED), allow]
        program += [(EQUAL, 0, len(judge), number), *judge]
    for number in numbers(CLONE):
        judge = [(LOAD, 0, 0, ARGUMENTS), (ANY_BIT, 1, 0, THREAD), refuse(NOT_PERMITTED), allow]
        program += [(EQUAL, 0, len(judge), number), *judge]
    return [*program, allow]
