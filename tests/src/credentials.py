"""For each case the AWS CLI and shaketable list clusters with the same files and variables; whom they ask for keys, and
who signs the call in the end, with what token, for which region and host, must be the same, and what the case says."""
import hashlib, json, os, pty, re, select, subprocess, sys, time
from fake_aws import Fake, utc

PROGRAM, CLI, WORK = sys.argv[1:4]
KEYS = "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = secret\n"
REGION = "region = eu-west-1\n"
ENV_KEYS = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "secret"}
ROLE = "role_arn = arn:aws:iam::1:role/"
PROCESS = '{"Version":1,"AccessKeyId":"AKIAPROCESS","SecretAccessKey":"s","SessionToken":"t p"}'
SSO = "sso_start_url = https://x.awsapps.com/start\nsso_region = us-west-2\n"
SSO_ROLE = "sso_account_id = 123456789012\nsso_role_name = Reader\n"


def sso_cache(name, token="sso-token", expires_s=7200, **more):
    key = hashlib.sha1(name.encode()).hexdigest()
    return {f".aws/sso/cache/{key}.json": json.dumps(
        {"startUrl": "https://x.awsapps.com/start", "region": "us-west-2", "accessToken": token,
         "expiresAt": utc(expires_s), **more})}


RENEWABLE = {"refreshToken": "refresh-me", "clientId": "c", "clientSecret": "cs", "registrationExpiresAt": utc(86400)}

# name, wanted access key (None: both fail), and then what is there: config, credentials, env, profile, files, typed,
# says (what shaketable's error says), only (ours alone, the CLI of Debian 12 does not know it), same (False: the ways
# there differ).
CASES = [
    ("keys in the environment", "AKIAENV", dict(env=ENV_KEYS, config="[default]\n" + REGION)),
    ("with a session token", "AKIAENV", dict(env={**ENV_KEYS, "AWS_SESSION_TOKEN": "t1"}, config="[default]\n" + REGION)),
    ("the older name of the token first", "AKIAENV",
     dict(env={**ENV_KEYS, "AWS_SESSION_TOKEN": "t1", "AWS_SECURITY_TOKEN": "t2"}, config="[default]\n" + REGION)),
    ("AWS_PROFILE does not beat them", "AKIAENV",
     dict(env={**ENV_KEYS, "AWS_PROFILE": "base"}, config="[profile base]\n" + REGION, credentials=KEYS)),
    ("--profile does", "AKIABASE", dict(env=ENV_KEYS, profile="base", config="[profile base]\n" + REGION, credentials=KEYS)),
    ("the credentials file before the config file", "AKIABASE",
     dict(profile="base", config="[profile base]\n" + REGION + "aws_access_key_id=AKIACONFIG\naws_secret_access_key=s\n",
          credentials=KEYS)),
    ("keys in the config file", "AKIACONFIG",
     dict(profile="p", config="[profile p]\n" + REGION + "aws_access_key_id=AKIACONFIG\naws_secret_access_key=s\n"
                              "aws_session_token = t/+=\n")),
    ("AWS_DEFAULT_PROFILE", "AKIABASE",
     dict(env={"AWS_DEFAULT_PROFILE": "base"}, config="[profile base]\n" + REGION, credentials=KEYS)),
    ("the region of AWS_REGION first", "AKIAENV",
     dict(env={**ENV_KEYS, "AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "eu-north-1"}, config="[default]\n" + REGION)),
    ("then of AWS_DEFAULT_REGION", "AKIAENV",
     dict(env={**ENV_KEYS, "AWS_DEFAULT_REGION": "eu-north-1"}, config="[default]\n" + REGION)),
    ("a role", "ASIAone1", dict(profile="r", credentials=KEYS,
                                config=f"[profile r]\n{REGION}{ROLE}one\nsource_profile = base\n")),
    ("a role with all its settings", "ASIAone1",
     dict(profile="r", credentials=KEYS,
          config=f"[profile r]\n{REGION}{ROLE}one\nsource_profile = base\nexternal_id = x y/+&=é\n"
                 "role_session_name = me\nduration_seconds = 1800\n")),
    ("a duration that is no number is left out", "ASIAone1",
     dict(profile="r", credentials=KEYS,
          config=f"[profile r]\n{REGION}{ROLE}one\nsource_profile = base\nduration_seconds = soon\n")),
    ("a chain of roles", "ASIAthree1",
     dict(profile="c", credentials=KEYS,
          config=f"[profile c]\n{REGION}{ROLE}three\nsource_profile = b\n[profile b]\n{ROLE}two\nsource_profile = a\n"
                 f"[profile a]\n{ROLE}one\nsource_profile = base\nregion = us-west-2\n")),
    ("a role and keys in one profile", "ASIAone1",
     dict(profile="self", config=f"[profile self]\n{REGION}{ROLE}one\nsource_profile = self\naws_access_key_id = AKIASELF\n"
                                 "aws_secret_access_key = s\n")),
    ("a role that starts from a profile with keys and a role", "ASIAtwo1",
     dict(profile="r", config=f"[profile r]\n{REGION}{ROLE}two\nsource_profile = both\n[profile both]\n{ROLE}one\n"
                              "source_profile = r\naws_access_key_id = AKIABOTH\naws_secret_access_key = s\n")),
    ("keys in the environment before the role of AWS_PROFILE", "AKIAENV",
     dict(env={**ENV_KEYS, "AWS_PROFILE": "r"}, credentials=KEYS,
          config=f"[profile r]\n{REGION}{ROLE}one\nsource_profile = base\n")),
    ("a circle", None, dict(profile="a", says="in a circle",
                            config=f"[profile a]\n{REGION}{ROLE}one\nsource_profile = b\n[profile b]\n{ROLE}two\n"
                                   "source_profile = a\n")),
    ("a source_profile that is not there", None,
     dict(profile="a", says="source_profile 'nobody'", config=f"[profile a]\n{REGION}{ROLE}one\nsource_profile = nobody\n")),
    ("two sources for a role", None,
     dict(profile="a", says="both source_profile and credential_source", credentials=KEYS,
          config=f"[profile a]\n{REGION}{ROLE}one\nsource_profile = base\ncredential_source = Environment\n")),
    ("a role from nowhere", None, dict(profile="a", says="neither source_profile", config=f"[profile a]\n{REGION}{ROLE}one\n")),
    ("credential_source = Environment", "ASIAone1",
     dict(profile="a", env=ENV_KEYS, config=f"[profile a]\n{REGION}{ROLE}one\ncredential_source = Environment\n")),
    ("credential_source = EcsContainer", "ASIAone1",
     dict(profile="a", env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{url}/container/x?y=z",
                            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Basic abc"},
          config=f"[profile a]\n{REGION}{ROLE}one\ncredential_source = EcsContainer\n")),
    ("credential_source = Ec2InstanceMetadata", "ASIAone1",
     dict(profile="a", env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": "{url}/"},
          config=f"[profile a]\n{REGION}{ROLE}one\ncredential_source = Ec2InstanceMetadata\n")),
    ("a credential_source of another name", None,
     dict(profile="a", env=ENV_KEYS, says="must be Environment, EcsContainer or Ec2InstanceMetadata",
          config=f"[profile a]\n{REGION}{ROLE}one\ncredential_source = environment\n")),
    ("web identity in the environment", "ASIAweb1",
     dict(env={"AWS_WEB_IDENTITY_TOKEN_FILE": "{home}/token", "AWS_ROLE_ARN": "arn:aws:iam::1:role/web",
               "AWS_ROLE_SESSION_NAME": "pod"}, files={"token": "ey.J/+="}, config="[default]\n" + REGION)),
    ("web identity in a profile", "ASIAweb1",
     dict(profile="w", files={"token": "ey.J"}, config=f"[profile w]\n{REGION}{ROLE}web\nweb_identity_token_file = "
                                                      "{home}/token\n")),
    ("a role that starts from a web identity", "ASIAone1",
     dict(profile="r", files={"token": "ey.J"},
          config=f"[profile r]\n{REGION}{ROLE}one\nsource_profile = w\n[profile w]\n{ROLE}web\nweb_identity_token_file = "
                 "{home}/token\n")),
    ("a web identity without a role", None,
     dict(env={"AWS_WEB_IDENTITY_TOKEN_FILE": "{home}/token"}, files={"token": "x"}, says="no role: set AWS_ROLE_ARN",
          config="[default]\n" + REGION)),
    ("SSO, the older form", "ASIASSOReader",
     dict(profile="s", config=f"[profile s]\n{REGION}{SSO}{SSO_ROLE}", files=sso_cache("https://x.awsapps.com/start"))),
    ("SSO by session", "ASIASSOReader",
     dict(profile="s", config=f"[profile s]\n{REGION}{SSO_ROLE}sso_session = corp\n[sso-session corp]\n{SSO}",
          files=sso_cache("corp", **RENEWABLE))),
    ("a token near its end is renewed", "ASIASSOReader",
     dict(profile="s", config=f"[profile s]\n{REGION}{SSO_ROLE}sso_session = corp\n[sso-session corp]\n{SSO}",
          files=sso_cache("corp", expires_s=300, **RENEWABLE))),
    ("so is one that has expired", "ASIASSOReader",
     dict(profile="s", config=f"[profile s]\n{REGION}{SSO_ROLE}sso_session = corp\n[sso-session corp]\n{SSO}",
          files=sso_cache("corp", expires_s=-300, **RENEWABLE))),
    ("a role that starts from SSO", "ASIAone1",
     dict(profile="r", config=f"[profile r]\n{REGION}{ROLE}one\nsource_profile = s\n[profile s]\n{SSO}{SSO_ROLE}",
          files=sso_cache("https://x.awsapps.com/start"))),
    ("an SSO session that is over", None,
     dict(profile="s", says="run aws sso login --profile s", config=f"[profile s]\n{REGION}{SSO}{SSO_ROLE}",
          files=sso_cache("https://x.awsapps.com/start", token="old", expires_s=-60))),
    ("an SSO session that AWS has ended", None,
     dict(profile="s", says="is not accepted any more: run aws sso login --profile s",
          config=f"[profile s]\n{REGION}{SSO}{SSO_ROLE}", files=sso_cache("https://x.awsapps.com/start", token="old"))),
    ("no SSO session yet", None,
     dict(profile="s", says="has not begun: run aws sso login --profile s", config=f"[profile s]\n{REGION}{SSO}{SSO_ROLE}")),
    ("an sso-session that is not there", None,
     dict(profile="s", says="sso-session 'corp'", config=f"[profile s]\n{REGION}{SSO_ROLE}sso_session = corp\n")),
    ("SSO without its start URL", None,
     dict(profile="s", says="has no sso_start_url", config=f"[profile s]\n{REGION}{SSO_ROLE}")),
    ("credential_process", "AKIAPROCESS",
     dict(profile="p", config="[profile p]\n" + REGION + "credential_process = '{home}/with space/keys' \"a b\" c\\ d ; $HOME\n",
          files={"with space/keys": "#!/bin/sh\n[ \"$1|$2|$3|$4|$#\" = 'a b|c d|;|$HOME|4' ] || exit 3\n"
                                    f"printf '%s' '{PROCESS}'\n"})),
    ("keys in the credentials file before it", "AKIABASE",
     dict(profile="base", config="[profile base]\n" + REGION + "credential_process = /bin/false\n", credentials=KEYS)),
    ("it before keys in the config file", "AKIAPROCESS",
     dict(profile="p", config="[profile p]\n" + REGION + "credential_process = {home}/keys\naws_access_key_id=AKIACONFIG\n"
                              "aws_secret_access_key=s\n", files={"keys": f"#!/bin/sh\necho '{PROCESS}'\n"})),
    ("a role that starts from a process", "ASIAone1",
     dict(profile="r", config=f"[profile r]\n{REGION}{ROLE}one\nsource_profile = p\n[profile p]\ncredential_process = "
                              "{home}/keys\n", files={"keys": f"#!/bin/sh\necho '{PROCESS}'\n"})),
    ("a process that fails", None,
     dict(profile="p", says="failed with status 7: no such vault", config="[profile p]\n" + REGION + "credential_process = {home}/keys\n",
          files={"keys": "#!/bin/sh\necho no such vault >&2\nexit 7\n"})),
    ("a process of another version", None,
     dict(profile="p", says="Version is not 1", config="[profile p]\n" + REGION + "credential_process = {home}/keys\n",
          files={"keys": "#!/bin/sh\necho '{\"Version\":2}'\n"})),
    ("a process that is not there", None,
     dict(profile="p", says="can't be run", config="[profile p]\n" + REGION + "credential_process = {home}/nothing\n")),
    ("the container", "ASIACONTAINER",
     dict(env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{url}/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Basic abc"},
          config="[default]\n" + REGION)),
    ("the container, with a token from a file", "ASIACONTAINER",
     dict(env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{url}/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "not this",
               "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{home}/token"}, files={"token": "Basic file"},
          config="[default]\n" + REGION, only=True, authorization="Basic file")),
    ("a container's token with a line break", None,
     dict(env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{url}/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "a\r\nX: y"},
          says="has a line break", config="[default]\n" + REGION)),
    ("a container elsewhere", None,
     dict(env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/x"}, says="names the host 192.0.2.1",
          config="[default]\n" + REGION)),
    ("the instance", "ASIAINSTANCE",
     dict(env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": "{url}/"}, config="[default]\n" + REGION)),
    # The CLI of Debian 12 looks for the region at the instance's own address alone.
    ("the instance's region", "ASIAINSTANCE", dict(env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": "{url}/"}, only=True)),
    ("the container before the instance", "ASIACONTAINER",
     dict(env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": "{url}/", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "{url}/container"},
          config="[default]\n" + REGION)),
    ("no instance metadata where they are switched off", None,
     dict(env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": "{url}/", "AWS_EC2_METADATA_DISABLED": "TRUE"}, says="no AWS credentials",
          config="[default]\n" + REGION)),
    ("a code of an MFA device", "ASIAone1",
     dict(profile="m", credentials=KEYS, typed="123456",
          config=f"[profile m]\n{REGION}{ROLE}one\nsource_profile = base\nmfa_serial = arn:aws:iam::1:mfa/me\n")),
    ("a wrong code", None,
     dict(profile="m", credentials=KEYS, typed="000000", says="MultiFactorAuthentication failed",
          config=f"[profile m]\n{REGION}{ROLE}one\nsource_profile = base\nmfa_serial = arn:aws:iam::1:mfa/me\n")),
    ("a code, and nobody to ask", None,
     dict(profile="m", credentials=KEYS, says="no terminal",
          config=f"[profile m]\n{REGION}{ROLE}one\nsource_profile = base\nmfa_serial = arn:aws:iam::1:mfa/me\n")),
    ("endpoints of FIPS", "AKIAENV",
     dict(env={**ENV_KEYS, "AWS_USE_FIPS_ENDPOINT": "true", "AWS_REGION": "us-west-2"})),
    ("a role with endpoints of FIPS", "ASIAone1",
     dict(profile="r", credentials=KEYS,
          config=f"[profile r]\nregion = us-west-2\nuse_fips_endpoint = true\n{ROLE}one\nsource_profile = base\n")),
    ("dual-stack endpoints", "AKIAENV",
     dict(env={**ENV_KEYS, "AWS_USE_DUALSTACK_ENDPOINT": "true", "AWS_REGION": "eu-west-1"})),
    ("the CA bundle of a profile", "AKIABASE",
     dict(profile="base", env={"AWS_CA_BUNDLE": None}, config="[profile base]\n" + REGION + "ca_bundle = {ca}\n",
          credentials=KEYS)),
]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, 0o700)


def prepare(fake, name, case):
    home = f"{WORK}/{name}"
    put = lambda text: text.replace("{home}", home).replace("{url}", fake.url).replace("{ca}", f"{WORK}/ca.pem")
    for path, text in {".aws/config": case.get("config", ""), ".aws/credentials": case.get("credentials", ""),
                       **case.get("files", {})}.items():
        write(f"{home}/{path}", put(text))
    env = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    env.update(HOME=home, HTTPS_PROXY=fake.url, AWS_CA_BUNDLE=f"{WORK}/ca.pem", AWS_PAGER="", AWS_MAX_ATTEMPTS="1",
               AWS_EC2_METADATA_SERVICE_ENDPOINT="http://127.0.0.1:9/")
    for key, value in case.get("env", {}).items():
        if value is None:
            env.pop(key)
        else:
            env[key] = put(value)
    return env


def run(words, env, typed):
    """Its status and all that it said; with `typed` on a terminal of its own, with none at all otherwise."""
    if typed is None:
        done = subprocess.run(words, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              start_new_session=True)
        return done.returncode, done.stdout + done.stderr
    pid, fd = pty.fork()
    if pid == 0:
        os.execvpe(words[0], words, env)
    said, sent, end = b"", False, time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.2)[0]:
            try:
                said += os.read(fd, 4096)
            except OSError:
                break
        if b"MFA" in said and not sent:
            time.sleep(0.2)  # what comes before the prompt has switched the echo off is thrown away
            os.write(fd, typed.encode() + b"\n")
            sent = True
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said.decode(errors="replace")


def way(calls):
    """What is to be the same: each call for keys once, and the call that they were for."""
    result = []
    for call in calls:
        if call["operation"] in ("GetCallerIdentity", "DescribeClusters"):
            continue
        form = dict(call["form"])
        form["RoleSessionName"] = re.sub(r"^(botocore-session|shaketable)-\d+$", "*", form.get("RoleSessionName", ""))
        form.pop("TokenCode", None) if not form.get("TokenCode") else None
        result.append({**{key: call[key] for key in ("host", "operation", "key", "region", "service", "token", "bearer",
                                                     "authorization", "proxied", "query", "method")},
                       "path": call["path"] if not call["operation"] else "", "form": form,
                       "body": json.loads(call["body"]) if call["host"].startswith("oidc.") else ""})
    instance = [call for call in result if call["path"].startswith("/latest/")]
    for call in instance:
        if "placement" in call["path"]:
            result.remove(call)
    # The CLI of Debian asks for the instance's token twice where it wants the region, too.
    return [call for index, call in enumerate(result) if call not in result[:index] or not call["path"].startswith("/latest/")]


def check(fake, number, name, wanted, case):
    problems, ways = [], {}
    option = ["--profile", case["profile"]] if "profile" in case else []
    programs = {"aws": [CLI, "ecs", "list-clusters", *option], "shaketable": [PROGRAM, "list", "clusters", *option]}
    if case.get("only"):
        del programs["aws"]
    for program, words in programs.items():
        env = prepare(fake, f"{number}-{program}", case)
        fake.clear()
        status, said = run(words, env, case.get("typed"))
        ways[program] = way(fake.calls)
        last = ways[program][-1] if ways[program] else {}
        got = last.get("key") if last.get("operation") == "ListClusters" else None
        if got != wanted or (status == 0) != (wanted is not None):
            problems.append(f"{program}: status {status}, signed by {got}, wanted {wanted}: {said[-600:]}")
        if program == "shaketable" and case.get("says") and case["says"] not in said:
            problems.append(f"it does not say {case['says']!r}: {said[-600:]}")
        for secret in ("123456\r", "sso-token", "refresh-me", "secret\n"):
            if program == "shaketable" and secret in said:
                problems.append(f"it says {secret!r}")
    if "authorization" in case and not any(call["authorization"] == case["authorization"] for call in ways["shaketable"]):
        problems.append("the container's token was not sent")
    if wanted and len(ways) == 2 and ways["aws"] != ways["shaketable"]:
        problems.append("aws:\n    " + "\n    ".join(map(str, ways["aws"])) + "\n  shaketable:\n    " +
                        "\n    ".join(map(str, ways["shaketable"])))
    print(("ok: " if not problems else "FAILED: ") + name)
    for problem in problems:
        print("  " + problem)
    return not problems


def main():
    fake = Fake(WORK)
    only = os.environ.get("CASE", "")
    held = [check(fake, number, name, wanted, case) for number, (name, wanted, case) in enumerate(CASES) if only in name]
    print(f"{sum(held)} of {len(held)} cases agree")
    sys.exit(0 if all(held) else 1)


main()
