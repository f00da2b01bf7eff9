#!/usr/bin/env bash
# Everything that is called in a way of working stands in its IAM policy, and nothing there is unknown to the program.
. "${top_srcdir:-.}/tests/src/lib.bash"
top=${top_srcdir:-.}
start_region
python3 "$top/tests/src/recorder.py" "$endpoint" "$work/called" >"$work/recorder.out" &
wait_until 10 grep -q http "$work/recorder.out" || die "the recorder did not start"
export AWS_ENDPOINT_URL
AWS_ENDPOINT_URL=$(cat "$work/recorder.out")

# "POLICY FILE...": each of the operations in these files is allowed.
expect_allowed() {
  python3 - "$top/doc/iam/$1.json" "${@:2}" <<'PYTHON' || fail "$1.json does not allow all that is called"
import json, sys
allowed = set()
for statement in json.load(open(sys.argv[1]))["Statement"]:
    actions = statement["Action"]
    allowed.update([actions] if isinstance(actions, str) else actions)
called = {line.strip() for name in sys.argv[2:] for line in open(name)} - {"sts:GetCallerIdentity"}
print(f"{sys.argv[1]}: {len(called)} operations were called, {len(allowed)} are allowed")
missing = sorted(called - allowed)
if missing or not called:
    sys.exit(f"not in {sys.argv[1]}: {missing}")
PYTHON
}

: >"$work/called"
run list clusters; expect_status 0
run list services --cluster storefront; expect_status 0
run list target-groups --cluster storefront --service checkout; expect_status 0
run doctor --cluster storefront --service checkout; expect_status 0
run plan --cluster storefront --service checkout --latency 5ms; expect_status 0
run plan --cluster storefront --service checkout --latency 5ms --read-only; expect_status 0
run list experiments; expect_status 0
run list templates; expect_status 0
run list fis-experiments; expect_status 0
mv "$work/called" "$work/called.read"
run inject --cluster storefront --service checkout --latency 5ms --duration 1 --yes; expect_status 0
run rollback --all; expect_status 0
run inject --engine agent --cluster storefront --service checkout --latency 5ms --duration 1 --yes; expect_status 0
mv "$work/called" "$work/called.in_place"
run inject --cluster storefront --service checkout --latency 5ms --duration 1 --blast-radius 25% --yes; expect_status 0
run rollback --all; expect_status 0
mv "$work/called" "$work/called.canary"
on="--engine fis --cluster storefront --service checkout"
run prepare $on --yes; expect_status 0
run doctor $on --latency 5ms; expect_status 0
start_injection --engine fis --latency 5ms --duration 10m
wait_for_phase injecting
run rollback "$(experiment_id)"; expect_status 0
wait_for_injection
run rollback --all; expect_status 0
mv "$work/called" "$work/called.fis"
expect_allowed read-only "$work/called.read"
expect_allowed in-place "$work/called.read" "$work/called.in_place"
expect_allowed canary "$work/called.read" "$work/called.canary"
expect_allowed fis "$work/called.read" "$work/called.fis"
for operation in CreateExperimentTemplate TagResource StartExperiment StopExperiment DeleteExperimentTemplate; do
  grep -q "^fis:$operation\$" "$work/called.fis" || fail "the recorder saw no $operation"
done
grep -q '^ecs:CreateService$' "$work/called.canary" || fail "this was no canary"
grep -q '^ecs:UpdateService$' "$work/called.in_place" || fail "the recorder saw no change"
grep -qE ':(Create|Update|Delete|Modify|Register|Deregister)' "$work/called.read" && fail "reading changed something"

# What they allow beyond that are operations that the program knows.
python3 - "$top" <<'PYTHON' || fail "a policy is not as it should be"
import glob, json, re, sys
top = sys.argv[1]
documents = {name: json.load(open(f"{top}/doc/iam/{name}.json")) for name in ("read-only", "in-place", "canary", "fis")}
unseen = ("iam:PassRole", "ecs:TagResource", "fis:TagResource", "iam:CreateServiceLinkedRole")  # AWS checks them
source = "".join(open(name).read() for name in glob.glob(f"{top}/aws/*.c"))
for name, document in documents.items():
    for statement in document["Statement"]:
        actions = statement["Action"]
        actions = [actions] if isinstance(actions, str) else actions
        assert actions == sorted(actions) and not any("*" in action for action in actions), (name, statement["Sid"])
        for action in actions:
            used = f'"{action.split(":")[1]}"' in source or action in unseen
            assert used, f"{name}: nothing calls {action}"
    if name == "read-only":
        for statement in document["Statement"]:
            actions = statement["Action"]
            for action in [actions] if isinstance(actions, str) else actions:
                assert re.match(r"[a-z0-9-]+:(Describe|List|Get)[A-Z]", action), f"{action} does more than read"
reads = [set(document["Statement"][0]["Action"]) for document in documents.values()]
assert all(read == reads[0] for read in reads), "the documents read differently"
PYTHON
stop_region
finish
