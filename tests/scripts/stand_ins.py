"""Lets verl be imported where torch, ray and the like are not installed.

Every package that cannot be found becomes a module whose attributes are classes that do nothing: they can
be called, subclassed, subscripted, compared and used as decorators. What verl checks of a configuration
needs no more.
"""

import importlib.abc
import importlib.machinery
import sys
import types

# verl asks whether these are there, and does without.
ABSENT = {"apex", "cupy", "flash_attn", "liger_kernel", "mbridge", "megatron", "nvtx", "sglang", "torch_npu",
          "transformer_engine", "uvloop", "verl", "vllm"}


class Kind(type):
    """The type of the classes that stand in."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Kind(name, (Nothing,), {})

    def __call__(cls, *words, **named):
        bare = cls is Nothing or Nothing in cls.__bases__
        if not bare:
            return super().__call__(*words, **named)
        decorates = len(words) == 1 and not named and isinstance(words[0], (types.FunctionType, type))
        return words[0] if decorates and not isinstance(words[0], Kind) else object.__new__(cls)

    def __getitem__(cls, _):
        return cls

    def __or__(cls, _):
        return cls

    __ror__ = __or__

    def __iter__(cls):
        return iter(())

    def __bool__(cls):
        return False

    def __len__(cls):
        return 0

    # A version is as new as anyone asks for.
    __ge__ = __le__ = lambda cls, _: True
    __gt__ = __lt__ = lambda cls, _: False


class Nothing(metaclass=Kind):
    """What every class that stands in derives from."""

    def __init__(self, *_, **__):
        pass

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Kind(name, (Nothing,), {})

    def __call__(self, *words, **_):
        return words[0] if len(words) == 1 and callable(words[0]) else self

    def __bool__(self):
        return False

    def __len__(self):
        return 0

    def __iter__(self):
        return iter(())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


class StandIn(types.ModuleType):
    """A module that has every attribute."""

    __version__ = "999"
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        made = Kind(name, (Nothing,), {})
        setattr(self, name, made)
        return made


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Asked last: whatever nobody else found stands in, with all that lies in it."""

    def __init__(self):
        self.packages = set()

    def find_spec(self, name, path, target=None):
        package = name.partition(".")[0]
        if package in ABSENT or (name != package and package not in self.packages):
            return None
        self.packages.add(package)
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return StandIn(spec.name)

    def exec_module(self, module):
        pass


def install():
    """From here on, what cannot be imported stands in."""
    sys.meta_path.append(Finder())
