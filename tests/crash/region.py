"""A region of its own for a cell of the matrix, and the program run in it."""
import json
import os
import re
import select
import signal
import subprocess
import tempfile
import time
import urllib.request

PACE = '0.1'
START_S = 60
RUN_S = 120
CALL_TIMEOUT = '1s'
CLUSTER, SERVICE, PORT = 'storefront', 'checkout', 8080
FIS_SERVICE = 'web'  # whose tasks have what AWS FIS needs, by its owner's doing
ENDED = ('completed', 'stopped', 'failed', 'cancelled')  # what FIS says of an experiment that has


class Trouble(Exception):
    """What a cell was to show does not hold."""


class NotBegun(Exception):
    """The stage was not set: a machine that is busy may make a deployment fail."""


def until(seconds, what, holds):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise Trouble(what)
        time.sleep(0.05)


def children(pid):
    """All of a process's descendants: {pid: its arguments}."""
    parents = {}
    for name in os.listdir('/proc'):
        try:
            with open(f'/proc/{name}/stat') as stat:
                parents[int(name)] = int(stat.read().rsplit(')', 1)[1].split()[1])
        except (ValueError, OSError, IndexError):
            continue
    found, grown = {pid}, True
    while grown:
        more = {child for child, parent in parents.items() if parent in found} - found
        found, grown = found | more, bool(more)
    arguments = {}
    for child in found - {pid}:
        try:
            with open(f'/proc/{child}/cmdline', 'rb') as line:
                arguments[child] = line.read().replace(b'\0', b' ').decode()
        except OSError:
            continue
    return arguments


class Region:
    def __init__(self, programs, folder, fis=False):
        self.programs, self.folder, self.fis = programs, folder, fis
        self.log = open(os.path.join(folder, 'region.err'), 'ab')
        self.process = subprocess.Popen(
            [programs + '/shaketable-sandbox', '--listen', '127.0.0.1:0', '--pace', PACE, '--no-traffic'],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, start_new_session=True)
        try:
            self.become_steady()
        except BaseException:
            self.stop()
            raise

    def become_steady(self):
        ready, _, _ = select.select([self.process.stdout], [], [], START_S)
        line = self.process.stdout.readline().decode() if ready else ''
        if not line.startswith('ready '):
            raise Trouble('the region did not start')
        self.url = line.split()[1]
        home = Home(self)
        until(START_S, 'the region did not become steady',
              lambda: home.run('doctor', '--cluster', CLUSTER, '--service', SERVICE).status == 0)
        self.narrow()
        if self.fis:
            self.make_ready_for_fis()
            until(START_S, 'the service did not become ready for FIS',
                  lambda: home.run('doctor', '--engine', 'fis', '--cluster', CLUSTER, '--service', FIS_SERVICE,
                                   '--latency', '50ms').status == 0)

    def stop(self):
        if self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def ask(self, path, method='GET', body=None):
        request = urllib.request.Request(f'{self.url}/_shaketable/{path}', data=body, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read()

    def state(self):
        return self.ask('state')

    def fail(self, *specs):
        """From now on these calls fail; the count of calls starts anew."""
        self.ask('fail', 'PUT', '\n'.join(specs).encode())

    def calls(self):
        return json.loads(self.ask('fail'))['calls']

    def post(self, service, *arguments):
        run = subprocess.run(['curl', '-sS', '--max-time', '20', '--aws-sigv4', 'aws:amz:us-east-1:' + service,
                              '--user', 'test:test', *arguments, self.url + '/'], capture_output=True, text=True)
        if run.returncode != 0:
            raise Trouble(run.stderr)
        return run.stdout

    def call(self, operation, **request):
        """One of ECS's operations, as a user of the region."""
        answer = json.loads(self.post('ecs', '-H', 'Content-Type: application/x-amz-json-1.1', '-H',
                                      'X-Amz-Target: AmazonEC2ContainerServiceV20141113.' + operation, '-d',
                                      json.dumps(request)))
        if '__type' in answer:
            raise Trouble(f'{operation}: {answer}')
        return answer

    def get(self, path):
        """What FIS says, as JSON."""
        run = subprocess.run(['curl', '-sS', '--max-time', '20', '--aws-sigv4', 'aws:amz:us-east-1:fis', '--user',
                              'test:test', self.url + path], capture_output=True, text=True)
        if run.returncode != 0:
            raise Trouble(run.stderr)
        return json.loads(run.stdout)

    def make_ready_for_fis(self):
        """The owner deploys a revision that has it all."""
        made = self.call('DescribeTaskDefinition', taskDefinition=FIS_SERVICE)['taskDefinition']
        for key in ('taskDefinitionArn', 'revision', 'status', 'requiresAttributes', 'compatibilities',
                    'registeredAt', 'registeredBy'):
            made.pop(key, None)
        made.update(enableFaultInjection=True, pidMode='task')
        made['containerDefinitions'].append({
            'name': 'amazon-ssm-agent', 'image': 'public.ecr.aws/amazon-ssm-agent/amazon-ssm-agent:latest',
            'essential': False, 'environment': [{'name': 'MANAGED_INSTANCE_ROLE_NAME', 'value': 'shaketable-instance'}]})
        self.call('RegisterTaskDefinition', **made)
        self.call('UpdateService', cluster=CLUSTER, service=FIS_SERVICE, taskDefinition=FIS_SERVICE)

    def faults(self):
        """What FIS still does: its experiments that run, and the faults on the tasks' interfaces."""
        going = [one['id'] for one in self.get('/experiments?maxResults=100')['experiments']
                 if one['state']['status'] not in ENDED]
        return going + [str(one) for one in json.loads(self.ask('interface')) if one['running']]

    def narrow(self):
        """The service's security group admits its own port alone: the sidecar's has to be opened."""
        state = json.loads(self.state())
        service = next(value for arn, value in state['services'].items() if arn.endswith(f'/{CLUSTER}/{SERVICE}'))
        group = service['networkConfiguration']['awsvpcConfiguration']['securityGroups'][0]
        for rule in state['securityGroups'][group]['ipPermissions']:
            source = rule['groups'][0]['groupId']
            for action, first, last in (('Authorize', PORT, PORT), ('Revoke', rule['fromPort'], rule['toPort'])):
                answer = self.post(
                    'ec2', '-d', f'Action={action}SecurityGroupIngress&Version=2016-11-15&GroupId={group}'
                    f'&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort={first}&IpPermissions.1.ToPort={last}'
                    f'&IpPermissions.1.Groups.1.GroupId={source}')
                if '<return>true' not in answer:
                    raise Trouble(answer)

    def sidecars(self):
        """Without those that the region has for the interfaces of tasks that FIS may fault."""
        return [line for line in children(self.process.pid).values()
                if 'shaketable-proxy' in line and '--stats fd:' not in line]


class Run:
    """A program that is running, or was."""

    def __init__(self, arguments, environment, folder):
        self.output = tempfile.TemporaryFile(dir=folder)
        self.errors = tempfile.TemporaryFile(dir=folder)
        self.arguments = arguments
        self.process = subprocess.Popen(arguments, env=environment, stdin=subprocess.DEVNULL, stdout=self.output,
                                        stderr=self.errors, start_new_session=True)

    def read(self):
        self.output.seek(0)
        return self.output.read().decode(errors='replace')

    def said(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors='replace')

    def reached(self, phase):
        return f'"phase":"{phase}"' in self.read()

    def wait_for(self, phase, seconds=60):
        """True once it is in that phase; False if it ended before."""
        end = time.monotonic() + seconds
        while not self.reached(phase):
            if self.process.poll() is not None:
                return self.reached(phase)
            if time.monotonic() > end:
                raise Trouble(f'it did not reach the phase {phase}')
            time.sleep(0.02)
        return True

    def signal(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait()

    @property
    def status(self):
        return self.process.returncode

    def wait(self, seconds=RUN_S):
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Trouble(f'it has not ended within {seconds} s: {" ".join(self.arguments[1:])}')
        return self


class Home:
    """A machine: its journals and its key."""

    def __init__(self, region):
        self.region = region
        self.folder = tempfile.mkdtemp(prefix='h.', dir=region.folder)

    def environment(self, **more):
        kept = {name: value for name, value in os.environ.items() if not re.match('AWS_|XDG_|SHAKETABLE_', name)}
        return dict(kept, HOME=self.folder, XDG_STATE_HOME=self.folder + '/state',
                    XDG_CONFIG_HOME=self.folder + '/config', XDG_RUNTIME_DIR=self.folder, TERM='dumb',
                    AWS_ACCESS_KEY_ID='test', AWS_SECRET_ACCESS_KEY='test', AWS_REGION='us-east-1',
                    AWS_ENDPOINT_URL=self.region.url,
                    AWS_EC2_METADATA_DISABLED='true', **{'SHAKETABLE_CALL_TIMEOUT': CALL_TIMEOUT, **more})

    def start(self, *arguments, **environment):
        return Run([self.region.programs + '/shaketable', *arguments], self.environment(**environment), self.folder)

    def run(self, *arguments, **environment):
        return self.start(*arguments, **environment).wait()

    def inject_by_fis(self, duration, **environment):
        return self.start('inject', '--engine', 'fis', '--cluster', CLUSTER, '--service', FIS_SERVICE, '--latency',
                          '50ms', '--yes', '--json', '--duration', duration, **environment)

    def prepare(self, **environment):
        return self.start('prepare', '--engine', 'fis', '--cluster', CLUSTER, '--service', SERVICE, '--yes', '--json',
                          **environment)

    def inject(self, *options, **environment):
        return self.start('inject', '--cluster', CLUSTER, '--service', SERVICE, '--latency', '50ms', '--yes', '--json',
                          '--open-security-group', *options, **environment)

    def unfinished(self):
        """Journals of experiments that have not ended well."""
        folder = self.folder + '/state/shaketable/experiments'
        names = [name for name in os.listdir(folder) if name.endswith('.jsonl')] if os.path.isdir(folder) else []
        left = []
        for name in names:
            ended = False
            with open(os.path.join(folder, name), errors='replace') as journal:
                for line in journal:
                    try:
                        event = json.loads(line)
                    except ValueError:
                        continue
                    if event.get('event') in ('ended', 'phase'):
                        ended = event.get('restored') is True
            left += [] if ended else [name]
        return left
