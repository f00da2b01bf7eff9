# Sourced where the AWS CLI is called often: `fast_aws ARGUMENT...` is `aws ARGUMENT...` by a CLI that was started
# once (server.py), or by the command itself where no Python here has it as a module. Needs $work and $top_srcdir.
aws_socket=$work/awscli.socket
for aws_python in /usr/bin/python3 python3; do
  "$aws_python" -c 'import awscli.clidriver' 2>/dev/null && break
  aws_python=
done
if [ -n "$aws_python" ]; then
  # Its streams are not the test's: whoever waits for their end would wait for it.
  "$aws_python" -B "${top_srcdir:-.}/tests/awscli/server.py" "$aws_socket" </dev/null >"$work/awscli.log" 2>&1 &
  aws_server=$!
fi

fast_aws() {
  while [ -n "$aws_python" ] && [ ! -S "$aws_socket" ] && kill -0 "$aws_server" 2>/dev/null; do
    sleep 0.05 # it is being loaded
  done
  if [ -S "$aws_socket" ]; then
    "$aws_python" -S -E "${top_srcdir:-.}/tests/awscli/client.py" "$aws_socket" "$@"
  else
    command aws "$@"
  fi
}

stop_fast_aws() {
  [ -n "$aws_python" ] || return 0
  kill -TERM "$aws_server" 2>/dev/null
  wait "$aws_server" 2>/dev/null
  return 0
}
