#!/usr/bin/env bash
# Installs the program that tests the REST interface against its own description, when server/tests/schemathesis names
# another version than is there: PyPI's schemathesis, in target/schemathesis.
. "$(dirname "$0")/say.sh"

wanted=server/tests/schemathesis/requirements.txt
home="$repo/target/schemathesis"
if cmp --silent "$wanted" "$home/made-from"; then exit 0; fi

step "Fetching schemathesis" "about 20 s"
rm -rf "$home"
python3 -m venv "$home" || fail "Python could not make a virtual environment." "Install python3-venv, then run make again."
quietly "$repo/target/schemathesis.log" "$home/bin/pip" install --disable-pip-version-check --require-hashes --requirement "$wanted" \
    || fail "pip could not install what $wanted names." "Check the network, then run make again."
cp "$wanted" "$home/made-from"
