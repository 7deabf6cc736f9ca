"""Faults of a pod that the API server rejects and no schema describes."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import Container, PodSpec, View, Violation, quantity

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_HOOK_HANDLERS = ("exec", "httpGet", "tcpSocket", "sleep")
_MOST_MODE = 0o777


def pod_faults(pod: PodSpec) -> Iterator[Violation]:
    """The faults of a pod spec that the API server rejects."""
    containers = [item.get("name") for role in ("initContainers", "containers") for item in pod.get(role).items()]
    yield from _twice(containers, "two containers are named")
    yield from _twice([volume.get("name") for volume in pod.get("volumes").items()], "two volumes are named")
    for volume in pod.get("volumes").items():
        yield from _modes(volume)
        yield from quantity_faults(volume.get("emptyDir", "sizeLimit"))
    for container in pod.all_containers:
        yield from _container_faults(container)


def _container_faults(container: Container) -> Iterator[Violation]:
    mounts = [mount.get("mountPath") for mount in container.field("volumeMounts").items()]
    yield from _twice(mounts, "two volumes are mounted at")
    for name in _PROBES:
        probe = container.field(name)
        # An operator completes the probes of the containers that it merges.
        if probe.is_map and not container.pod.merged:
            yield from _handlers(probe, _HANDLERS, name)
        wrong = probe.get("successThreshold").integer()
        if name != "readinessProbe" and wrong is not None and wrong != 1:
            message = f'successThreshold of the {name} of container "{container.name}" must be 1; remove it'
            yield Violation(message, at=probe.get("successThreshold"))
    for name in ("postStart", "preStop"):
        hook = container.field("lifecycle", name)
        if hook.is_map:
            yield from _handlers(hook, _HOOK_HANDLERS, name)
    for kind in ("requests", "limits"):
        for _, amount in container.field("resources", kind).entries():
            yield from quantity_faults(amount)


def _handlers(view: View, known: tuple[str, ...], name: str) -> Iterator[Violation]:
    found = [handler for handler in known if view.get(handler).data is not None]
    if len(found) > 1:
        yield Violation(
            f"{name} has the handlers {' and '.join(found)}, but only one is allowed; remove the others", at=view
        )
    elif not found:
        yield Violation(f"{name} has no handler; add one of {', '.join(known)}, or remove the {name}", at=view)


def _twice(names: list[View], what: str) -> Iterator[Violation]:
    seen: set[str] = set()
    for name in names:
        text = name.string()
        if text and text in seen:
            yield Violation(f'{what} "{text}", which must be unique; rename or remove one of them', at=name)
        seen.add(text or "")


def _modes(volume: View) -> Iterator[Violation]:
    """File modes that are text, or decimal numbers that look like octal ones."""
    sources = [volume.get(kind) for kind in ("configMap", "secret", "projected", "downwardAPI")]
    sources += [part for source in volume.get("projected", "sources").items() for _, part in source.entries()]
    for source in sources:
        for mode in (source.get("defaultMode"), *(item.get("mode") for item in source.get("items").items())):
            number = mode.integer()
            if mode.string() is not None:
                yield Violation(f'file mode "{mode.data}" is a string; write the number without quotes (0644)', at=mode)
            elif number is not None and not 0 <= number <= _MOST_MODE:
                yield Violation(
                    f"file mode {number} is above 0777 (511); write it in octal with a leading zero, for example 0644",
                    at=mode,
                )


def quantity_faults(amount: View) -> Iterator[Violation]:
    """The fault of a quantity that Kubernetes can't parse."""
    text = amount.string()
    if text is not None and quantity(text) is None:
        hint = _meant(text)
        fix = f"; write {hint}" if hint else "; write a number with a unit, for example m, M, Mi, G or Gi"
        yield Violation(f'"{text}" is not a valid quantity{fix}', at=amount)


def _meant(text: str) -> str | None:
    number = text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
    unit = text[len(number) :].strip().lower().removesuffix("b").removesuffix("i")
    if unit in ("k", "m", "g", "t") and quantity(number) is not None:
        return f"{number}{unit.upper() if unit != 'k' else 'K'}i"
    return None
