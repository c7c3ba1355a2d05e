"""What schemathesis cannot know about Docklet: the form of its event streams, and why it refuses what is well formed."""

import json
import re

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

# What stands in the way is the state of things, not the request: limits and hosts, or that no sign-in waits under a code that
# was made up …
STATE = {"limit_exceeded", "no_program", "no_room", "no_shell", "offset_beyond_end", "authorization_pending", "expired_token",
         "slow_down"}
# … or what this installation allows: which images there are, which password it is; or what no pattern can say: that a key's
# own type stands in it once more.
ALLOWED_HERE = [
    ("image", "is not on the list of images that may be used"),
    ("image", "which is not allowed here"),
    ("pattern", "which is not allowed here"),
    ("present", "is not your current password"),
    ("public_key", "must have a key of the type"),
    # How many bytes a text has is said in characters there.
    ("script", "must have at most"),
    ("output", "must have at most"),
    ("arguments", "must have at most"),
    # Which jobs there are, and what time it is.
    ("after", "must name jobs of yours"),
    ("begin_at", "must be at most a year away"),
    ("deadline", "must leave the job its time limit"),
    ("deadline", "must be at most two years away"),
    # Nor how long they are as JSON, all together; nor that one number must be less than another.
    ("environment", "written as JSON"),
    ("warning", "less than the time limit"),
    # That a range counts upwards, and how many numbers the ranges have together.
    ("array", "must count upwards"),
    ("array", "must have at most 100000 elements"),
]
# In place of what is like a key, so that a node is reached, too.
SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOIjBsaZ67RoMJj6WOT61KhyBLfet1uY6B5QRGTar2RT"
# The client here speaks no WebSocket, and is told so.
WEBSOCKETS = {
    "GET /api/v1/vclusters/{id}/nodes/{node}/exec",
    "GET /api/v1/vclusters/{id}/nodes/{node}/ports/{port}",
    "GET /api/v1/vclusters/{id}/nodes/{node}/terminals/{terminal}",
}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """OpenAPI 3.1 has no word for the events of a stream, so the document says them in `x-events`; 3.2 has `itemSchema`."""
    for item in raw_schema["paths"].values():
        for operation in item.values():
            if events := operation.get("x-events"):
                operation["responses"]["200"]["content"]["text/event-stream"] = {"itemSchema": item_schema(events)}


def item_schema(events):
    def of(name, data):
        content = {"contentMediaType": "application/json", "contentSchema": data}
        return {"if": {"properties": {"event": {"const": name}}}, "then": {"properties": {"data": content}}}

    return {
        "type": "object",
        "required": ["event", "data"],
        "properties": {"event": {"enum": list(events)}, "data": {"type": "string"}},
        "allOf": [of(name, data) for name, data in events.items()],
    }


@schemathesis.hook
def map_body(context, body):
    """Which images there are and which groups is the installation's to say. Nobody pulls a name that was made up."""
    if not isinstance(body, dict):
        return body
    if context.operation.label == "POST /api/v1/vclusters" and names_an_image(context, body.get("image")):
        return body | {"image": "docklet/base"}
    if context.operation.label == "POST /api/v1/jobs":
        # Nobody runs a script that was made up either.
        image = {"image": "docklet/base"} if matches(context, "SubmitJob", "image", body.get("image")) else {}
        script = {"script": "true"} if is_a_script(context, body.get("script")) else {}
        # Of up to 100,000 elements, each in a container.
        array = {"array": "0-1"} if is_an_array(context, body.get("array")) else {}
        return body | image | script | array
    if context.operation.label == "POST /api/v1/admin/images" and isinstance(body.get("pattern"), str):
        # A runtime that no host has would stand in the way of every vcluster that is asked for later.
        runtime = {"runtime": "runc"} if is_runtime(body.get("runtime")) else {}
        return body | {"pattern": "docklet/*"} | runtime
    if context.operation.label == "POST /api/v1/vclusters/{id}/nodes/{node}/ssh":
        return body | {"public_key": SSH_KEY} if is_like_a_key(context, body.get("public_key")) else body
    if context.operation.label == "PATCH /api/v1/admin/users/{name}" and isinstance(body.get("group"), str):
        return body | {"group": "students"}
    return body


def is_runtime(text):
    return isinstance(text, str) and re.fullmatch(r"[a-z](?:[a-z0-9_.-]{0,62}[a-z0-9_.])?", text)


def names_an_image(context, text):
    return matches(context, "CreateVcluster", "image", text)


def is_a_script(context, text):
    return matches(context, "SubmitJob", "script", text) and len(text) <= 48 * 1024


def is_an_array(context, text):
    return matches(context, "SubmitJob", "array", text) and len(text) <= 1000


def is_like_a_key(context, text):
    return matches(context, "AuthorizeSshKey", "public_key", text) and len(text) <= 8192


def matches(context, schema, field, text):
    described = context.operation.schema.raw_schema["components"]["schemas"][schema]["properties"][field]
    # A described type stands in a list, beside the field's own words, and beside null where the field may be that.
    pattern = next(one["pattern"] for one in described.get("oneOf", [described]) if "pattern" in one)
    return isinstance(text, str) and re.search(pattern, text)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Drops what is explained: a refusal that names a reason which is not in the request."""
    if not isinstance(failure, RejectedPositiveData):
        return True
    problem = json.loads(response.content)
    if case.operation.label in WEBSOCKETS:
        return "is a WebSocket" not in problem["detail"]
    return problem["code"] not in STATE and not is_of_the_installation(problem.get("violations", []))


def is_of_the_installation(violations):
    def explained(violation):
        return any(violation["field"] == field and rule in violation["message"] for field, rule in ALLOWED_HERE)

    return bool(violations) and all(map(explained, violations))
