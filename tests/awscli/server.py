"""The AWS CLI, started once: each call is answered by a fork of it, which takes a twentieth of the time.

usage: server.py SOCKET    (with a Python that has the module awscli; client.py speaks to it)

It ends with the process that started it. A call brings its standard streams, arguments, environment and
directory, and gets back the exit status: nothing else differs from the command `aws`.
"""
import array
import ctypes
import json
import os
import signal
import socket
import sys

import awscli.clidriver
import botocore.loaders

try:
    import awscli.botocore.loaders as own_loaders  # version 2 carries its own
except ImportError:
    own_loaders = botocore.loaders

SIZE_MAX = 1 << 20
MODELS = ('ecs', 'elbv2', 'ec2', 'cloudwatch', 'dynamodb', 'fis', 'iam', 'logs', 'ssm', 'sts',
          'application-autoscaling')
PR_SET_PDEATHSIG = 1


def remember_models():
    """What is read from the CLI's files once is not read again; a fork may change what it got."""
    for loaders in {botocore.loaders, own_loaders}:
        read = loaders.JSONFileLoader.load_file
        known = {}

        def load_file(self, path, read=read, known=known):
            if path not in known:
                known[path] = read(self, path)
            return known[path]

        list_services = loaders.Loader.list_available_services
        listed = {}

        def list_available_services(self, type_name, list_services=list_services, listed=listed):
            if type_name not in listed:
                listed[type_name] = list_services(self, type_name)
            return list(listed[type_name])

        loaders.JSONFileLoader.load_file = load_file
        loaders.Loader.list_available_services = list_available_services
        loader = loaders.Loader()
        for service in MODELS:
            for kind in ('service-2', 'paginators-1', 'endpoint-rule-set-1'):
                try:
                    loader.load_service_model(service, kind)
                except Exception:  # it is read by whoever wants it
                    pass


def warm_up():
    """Loads what the CLI loads at its first call, without making one: its own threads would not survive a fork."""
    try:
        session = awscli.clidriver.create_clidriver().session
        session.get_component('endpoint_resolver')
        session.get_available_services()
    except Exception:  # it is loaded by whoever wants it
        pass


def take(connection):
    """Its arguments, environment, directory and standard streams."""
    streams = array.array('i')
    data, ancillary, _, _ = connection.recvmsg(SIZE_MAX, socket.CMSG_SPACE(3 * streams.itemsize))
    for level, kind, value in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            streams.frombytes(value[:len(value) - len(value) % streams.itemsize])
    while not data.endswith(b'\n'):
        more = connection.recv(SIZE_MAX)
        if not more:
            raise EOFError
        data += more
    return json.loads(data), list(streams)


def run(call, streams):
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(call['directory'])
    data = os.environ.get('AWS_DATA_PATH')  # set by the CLI itself when it was loaded
    os.environ.clear()
    os.environ.update(call['environment'])
    if data:
        os.environ['AWS_DATA_PATH'] = data
    sys.argv = ['aws', *call['arguments']]
    try:
        return awscli.clidriver.main() or 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def answer(connection):
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    status = 255
    try:
        status = run(*take(connection))
    finally:
        connection.sendall(b'%d\n' % status)
        os._exit(0)


def main():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    remember_models()
    warm_up()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1] + '.new')
    listener.listen(64)
    os.rename(sys.argv[1] + '.new', sys.argv[1])  # who finds it can connect
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            answer(connection)
        connection.close()


main()
