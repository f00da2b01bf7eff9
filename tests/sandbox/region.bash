# Sourced by the region's tests: starts a region of its own, ends it on exit, calls it with the AWS
# CLI and compares. Needs $top_builddir.
set -u
: "${top_builddir:=.}" "${top_srcdir:=.}"
sandbox=$top_builddir/shaketable-sandbox
work=$(mktemp -d)
sandbox_pid= failures=0

export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_PAGER= AWS_MAX_ATTEMPTS=1
export AWS_EC2_METADATA_DISABLED=true
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL SHAKETABLE_PARENT_DEATH

command -v aws >/dev/null || { echo "no AWS CLI here"; exit 77; }
command -v curl >/dev/null || { echo "no curl here"; exit 77; }

finish() {
    status=$?
    if [ -n "$sandbox_pid" ] && kill "$sandbox_pid" 2>/dev/null; then
        wait "$sandbox_pid" || { echo "the region ended with status $?"; status=1; }
    fi
    stop_fast_aws
    if [ "$failures" -gt 0 ] || [ "$status" -ne 0 ]; then
        sed 's/^/region: /' "$work/err" 2>/dev/null
        [ "$status" -eq 0 ] && status=1
    fi
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 1' INT TERM

# start_region OPTION...: sets $url and $sandbox_pid.
start_region() {
    : >"$work/out" # a region of before must not be taken for this one
    "$sandbox" --listen 127.0.0.1:0 "$@" >"$work/out" 2>"$work/err" &
    sandbox_pid=$!
    for _ in $(seq 300); do
        read -r word url <"$work/out" && [ "$word" = ready ] && return
        kill -0 "$sandbox_pid" 2>/dev/null || break
        sleep 0.05
    done
    echo "the region did not start"; cat "$work/err"
    exit 1
}

. "$top_srcdir/tests/awscli/aws.bash"
a() { fast_aws --endpoint-url "$url" "$@"; }
# text COMMAND...: its answer as plain text, tabs and line ends as one blank.
text() { a --output text "$@" 2>&1 | tr '\t\n' '  ' | sed 's/ *$//'; }

# is WHAT WANTED GOT
is() {
    if [ "$2" = "$3" ]; then
        echo "ok: $1"
    else
        echo "FAILED: $1"; echo "  wanted: $2"; echo "  got:    $3"
        failures=$((failures + 1))
    fi
}
# has WHAT PART GOT
has() {
    case $3 in
    *"$2"*) echo "ok: $1" ;;
    *)
        echo "FAILED: $1"; echo "  wanted: …$2…"; echo "  got:    $3"
        failures=$((failures + 1)) ;;
    esac
}
# fails WHAT CODE WORDS COMMAND...: the CLI reports that error, in those words.
fails() {
    local what=$1 code=$2 words=$3 got
    shift 3
    if got=$(a "$@" 2>&1); then
        has "$what" "($code)" "success: $got"
    else
        has "$what" "($code)" "$got"
        has "$what, in AWS's words" "$words" "$got"
    fi
}
# until_is WHAT SECONDS WANTED COMMAND...: repeats until the command prints it.
until_is() {
    local what=$1 seconds=$2 wanted=$3 got= end
    shift 3
    end=$((SECONDS + seconds))
    while got=$("$@"); [ "$got" != "$wanted" ] && [ "$SECONDS" -lt "$end" ]; do sleep 0.2; done
    is "$what" "$wanted" "$got"
}
state() { curl -sf "$url/_shaketable/state"; }
done_testing() { [ "$failures" -eq 0 ] || { echo "$failures failed"; exit 1; }; }
