"""What stands for a variable part in the routes' addresses."""

from werkzeug.routing import AnyConverter, BaseConverter, Map, UnicodeConverter

from gateway.decisions import TYPES


class AccessKey(BaseConverter):
    """Of a key pair."""

    regex = r"[A-Z0-9]{30}"


class UserCode(BaseConverter):
    """Of a device login, as a person may type it."""

    regex = r"[A-Za-z-]{1,30}"


class InvoiceNumber(BaseConverter):
    """Without a dot, so that what follows one is a format."""

    regex = r"[A-Za-z0-9-]{1,40}"


class ResourceType(AnyConverter):
    """Of a thing that the platform registers."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, *TYPES)


class ResourceId(UnicodeConverter):
    """The platform's own."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, minlength=1, maxlength=200)


class Rest(BaseConverter):
    """All that follows, empty or not, slashes included."""

    regex, part_isolating = ".*?", False


class Token(BaseConverter):
    """The secret part of a link. Anything else is an unknown address."""

    regex = r"[A-Za-z0-9_.=~-]{1,300}"
