"""usage: seeds.py ENDPOINT: plays two walk-throughs of LocalStack's FIS against a region, command by command as
they are written there, and compares with what they say is printed: the tutorial ("Chaos Engineering: Running
Experiments with Fault Injection Service") and the guide ("Fault Injection Service"). Where a document contradicts
itself, that is said here. `awslocal` is the AWS CLI with --endpoint-url; it comes from the script that calls us."""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

endpoint = sys.argv[1]
host = endpoint.removeprefix('http://')
folder = tempfile.mkdtemp(dir=os.environ['work'])
SETUP = '''awslocal() { fast_aws --endpoint-url ''' + endpoint + ''' "$@"; }
curl() { command curl -sS --connect-to 12345.execute-api.localhost.localstack.cloud:4566:''' + host + ''' "$@"; }
'''
FAILED = []
# What a document can't foretell.
VOLATILE = {'id', 'experimentTemplateId', 'arn', 'creationTime', 'lastUpdateTime', 'startTime', 'endTime', 'TableId',
            'CreationDateTime', 'LastIncreaseDateTime', 'LastUpdateToPayPerRequestDateTime', 'TableArn'}


def run(command, **environment):
    """What it prints on either stream, its status, and how long it took."""
    began = time.monotonic()
    done = subprocess.run(['bash', '-c', SETUP + command], cwd=folder, capture_output=True, text=True, timeout=180,
                          env=dict(os.environ, **environment))
    return done.stdout + done.stderr, done.returncode, time.monotonic() - began


def fail(command, wanted, got):
    FAILED.append(command)
    print('FAILED: %s\n  wanted: %s\n  got:    %s' % (' '.join(command.split())[:150], wanted, got))


def difference(wanted, got, path=''):
    """Each member that a document prints must be there, with its value unless it is volatile."""
    if isinstance(wanted, dict):
        if not isinstance(got, dict):
            return '%s is no object' % path
        for key, value in wanted.items():
            if key not in got:
                return '%s.%s is missing' % (path, key)
            found = None if key in VOLATILE else difference(value, got[key], '%s.%s' % (path, key))
            if found:
                return found
        return None
    if isinstance(wanted, list):
        if not isinstance(got, list) or len(got) != len(wanted):
            return '%s has %s' % (path, got)
        return next(filter(None, (difference(a, b, '%s[%d]' % (path, i)) for i, (a, b) in enumerate(zip(wanted, got)))),
                    None)
    return None if wanted == got else '%s is %r, not %r' % (path, got, wanted)


def prints_json(command, wanted, **environment):
    text, status, _ = run(command, **environment)
    try:
        got = json.loads(text)
    except ValueError:
        fail(command, 'JSON', text)
        return {}
    found = difference(wanted, got)
    if status != 0 or found:
        fail(command, wanted, found or status)
    return got


def prints(command, wanted, **environment):
    text, _, took = run(command, **environment)
    if text.strip() != wanted:
        fail(command, wanted, text.strip())
    return took


def prints_nothing(command, **environment):
    text, status, _ = run(command, **environment)
    if text.strip() or status != 0:
        fail(command, 'nothing', text.strip())


def write(name, text):
    with open(os.path.join(folder, name), 'w') as file:
        file.write(text)


def create(name, text, printed, **environment):
    """Writes the file, creates the template, and gives its id."""
    write(name, text)
    got = prints_json('awslocal fis create-experiment-template --cli-input-json file://' + name,
                      {'experimentTemplate': printed}, **environment)
    return got.get('experimentTemplate', {}).get('id', '')


def start(template, printed):
    got = prints_json('awslocal fis start-experiment --experiment-template-id ' + template,
                      {'experiment': dict(printed, state={'status': 'running'}, startTime=0)})
    return got.get('experiment', {}).get('id', '')


def stop(experiment):
    got = prints_json('awslocal fis stop-experiment --id ' + experiment,
                      {'experiment': {'state': {'status': 'stopped'}, 'startTime': 0, 'endTime': 0}})
    return got


ROLE = 'arn:aws:iam:000000000000:role/ExperimentRole'
NONE = [{'source': 'none'}]
# The documents' AWS CLI made ten attempts; today's waits for so long between them that a test makes four.
ATTEMPTS = 4
FEWER = {'AWS_MAX_ATTEMPTS': str(ATTEMPTS)}


def curl_product(product):
    return """curl --location 'http://12345.execute-api.localhost.localstack.cloud:4566/dev/productApi' \\
--header 'Content-Type: application/json' \\
--data '%s'""" % product


GADGET = """{
    "id": "prod-2004",
    "name": "Ultimate Gadget",
    "price": "49.99",
    "description": "The Ultimate Gadget is the perfect tool for tech enthusiasts looking for the next level in gadgetry. Compact, powerful, and loaded with features."
}"""
WIDGET = """{
    "id": "%s",
    "name": "Super Widget",
    "price": "29.99",
    "description": "A versatile widget that can be used for a variety of purposes. Durable, reliable, and affordable."
}"""


def tutorial():
    prints(curl_product(GADGET), 'Product added/updated successfully.')
    actions = {'Test action 1': {'actionId': 'localstack:generic:api-error',
                                 'parameters': {'service': 'dynamodb', 'api': 'all', 'percentage': '100',
                                                'exception': 'DynamoDbException', 'errorCode': '500'}}}
    template = create('experiment-ddb.json', """{
        "actions": {
                "Test action 1": {
                        "actionId": "localstack:generic:api-error",
                        "parameters": {
                                "service": "dynamodb",
                                "api": "all",
                                "percentage": "100",
                                "exception": "DynamoDbException",
                                "errorCode": "500"
                        }
                }
        },
        "description": "Template for interfering with the DynamoDB service",
        "stopConditions": [{
                "source": "none"
        }],
        "roleArn": "arn:aws:iam:000000000000:role/ExperimentRole"
}""", {'id': '', 'description': 'Template for interfering with the DynamoDB service', 'actions': actions,
       'stopConditions': NONE, 'creationTime': 0, 'lastUpdateTime': 0, 'roleArn': ROLE})
    experiment = start(template, {'id': '', 'experimentTemplateId': '', 'roleArn': ROLE, 'actions': actions,
                                  'stopConditions': NONE, 'creationTime': 0})
    prints(curl_product(WIDGET % 'prod-1003'), 'A DynamoDB error occurred. Message sent to queue.')
    stopped = stop(experiment)
    action = stopped.get('experiment', {}).get('actions', {}).get('Test action 1', {})
    if not action.get('startTime') or not action.get('endTime'):
        fail('stop-experiment', 'the times of its action', action)

    # The queue is retried about once a second.
    wanted = {'Items': [{'name': {'S': 'Super Widget'},
                         'description': {'S': json.loads(WIDGET % 'prod-1003')['description']},
                         'id': {'S': 'prod-1003'}, 'price': {'N': '29.99'}},
                        {'name': {'S': 'Ultimate Gadget'}, 'description': {'S': json.loads(GADGET)['description']},
                         'id': {'S': 'prod-2004'}, 'price': {'N': '49.99'}}],
              'Count': 2, 'ScannedCount': 2, 'ConsumedCapacity': None}
    got, end = {}, time.monotonic() + 30
    while time.monotonic() < end and got.get('Count') != 2:
        got = json.loads(run('awslocal dynamodb scan --table-name Products')[0])
    got['Items'].sort(key=lambda item: item['id']['S'])  # a scan has no order that can be foretold
    if difference(wanted, got):
        fail('awslocal dynamodb scan', wanted, got)

    actions = {'latency': {'actionId': 'localstack:generic:api-error', 'parameters': {'latency': '4'}}}
    template = create('latency-experiment.json', """{
  "description": "template for testing delays in API calls",
  "actions": {
    "latency": {
      "actionId": "localstack:generic:api-error",
      "parameters": {
        "latency": "4"
      }
    }
  },
  "stopConditions": [
    {
      "source": "none"
    }
  ],
  "roleArn": "arn:aws:iam:000000000000:role/ExperimentRole"
}""", {'id': '', 'description': 'template for testing delays in API calls', 'actions': actions,
       'stopConditions': NONE, 'creationTime': 0, 'lastUpdateTime': 0, 'roleArn': ROLE})
    experiment = start(template, {'actions': actions})
    took = prints(curl_product(WIDGET % 'prod-1088'),
                  'An error occurred (InternalError) when calling the GetResources operation (reached max retries: 4): '
                  'Failing as per Fault Injection Simulator configuration')
    if took < 4:
        fail('curl', 'a delay of 4 seconds', took)
    stop(experiment)


def create_students(region):
    return """awslocal dynamodb create-table \\
        --table-name Students \\
        --attribute-definitions AttributeName=id,AttributeType=S \\
        --key-schema AttributeName=id,KeyType=HASH \\
        --billing-mode PAY_PER_REQUEST \\
        --region %s""" % region


STUDENTS = {'TableDescription': {
    'AttributeDefinitions': [{'AttributeName': 'id', 'AttributeType': 'S'}], 'TableName': 'Students',
    'KeySchema': [{'AttributeName': 'id', 'KeyType': 'HASH'}], 'TableStatus': 'ACTIVE', 'CreationDateTime': 0,
    'ProvisionedThroughput': {'LastIncreaseDateTime': 0.0, 'LastDecreaseDateTime': 0.0, 'NumberOfDecreasesToday': 0,
                              'ReadCapacityUnits': 0, 'WriteCapacityUnits': 0},
    'TableSizeBytes': 0, 'ItemCount': 0, 'TableArn': '', 'TableId': '',
    'BillingModeSummary': {'BillingMode': 'PAY_PER_REQUEST', 'LastUpdateToPayPerRequestDateTime': 0}}}
# The CLI prints times as texts; only that they are there is compared.
VOLATILE.add('LastDecreaseDateTime')


def student(region, number, first, last, year, date):
    return """awslocal dynamodb put-item --table-name Students --region %s --item '{
                                          "id": {"S": "%s"},
                                          "first name": {"S": "%s"},
                                          "last name": {"S": "%s"},
                                          "year": {"S": "%s"},
                                          "enrolment date": {"S": "%s"}
                                      }'""" % (region, number, first, last, year, date)


GET = """awslocal dynamodb get-item --table-name Students %s--key '{"id": {"S": "1216"}}'"""
LIAM = {'Item': {'id': {'S': '1216'}, 'last name': {'S': 'Davis'}, 'enrolment date': {'S': '2023-03-19'},
                 'first name': {'S': 'Liam'}, 'year': {'S': 'Junior'}}}
REGIONAL = """{
  "actions": {
    "regionUnavailable-us-east-1": {
      "actionId": "localstack:generic:api-error",
      "parameters": {
        "region": "us-east-1",
        "errorCode": "503"
      }
    },
    "regionUnavailable-us-west-2": {
      "actionId": "localstack:generic:api-error",
      "parameters": {
        "region": "us-west-2",
        "errorCode": "503"
      }
    }
  },
  "description": "Template for internal server error for regions us-west-2, us-east-1",
  "stopConditions": [{
        "source": "none"
  }],
  "roleArn": "arn:aws:iam:000000000000:role/ExperimentRole"
}"""


def failing(code):
    return ('An error occurred (%s) when calling the GetItem operation (reached max retries: %d): Failing as per Fault '
            'Injection Simulator configuration' % (code, ATTEMPTS - 1))


def guide():
    prints_json(create_students('us-east-1'), STUDENTS)
    prints_nothing(student('us-east-1', '1216', 'Liam', 'Davis', 'Junior', '2023-03-19'))
    prints_nothing(student('us-east-1', '1748', 'John', 'Doe', 'Senior', '2022-03-19'))
    prints_json(GET % '', LIAM)

    # The file says "Service Unavailable" and 503, what is printed says DynamoDbException and 500: both are played.
    disruption = """{
        "actions": {
                "Test disruption": {
                        "actionId": "localstack:generic:api-error",
                        "parameters": {
                                "service": "dynamodb",
				                "operation": "GetItem",
                                "percentage": "100",
                                "exception": "%s",
                                "errorCode": "%s"
                        }
                }
        },
        "description": "Template for interfering with the DynamoDB service",
        "stopConditions": [{
                "source": "none"
        }],
        "roleArn": "arn:aws:iam:000000000000:role/ExperimentRole"
}"""
    for exception, code in (('Service Unavailable', '503'), ('DynamoDbException', '500')):
        actions = {'Test disruption': {'actionId': 'localstack:generic:api-error',
                                       'parameters': {'service': 'dynamodb', 'operation': 'GetItem',
                                                      'percentage': '100', 'exception': exception,
                                                      'errorCode': code}}}
        template = create('dynamodb-experiment.json', disruption % (exception, code),
                          {'description': 'Template for interfering with the DynamoDB service', 'actions': actions,
                           'stopConditions': NONE, 'roleArn': ROLE})
        experiment = start(template, {'actions': actions, 'stopConditions': NONE, 'roleArn': ROLE})
        prints(GET % '', failing(exception), **FEWER)
        prints_nothing(student('us-east-1', '9865', 'Jenny', 'Jones', 'Sophomore', '2021-03-19'))
        stop(experiment)
    prints_json(GET % '', LIAM)

    actions = {'regionUnavailable-us-east-1': {'actionId': 'localstack:generic:api-error',
                                               'parameters': {'region': 'us-east-1', 'errorCode': '503'}},
               'regionUnavailable-us-west-2': {'actionId': 'localstack:generic:api-error',
                                               'parameters': {'region': 'us-west-2', 'errorCode': '503'}}}
    template = create('regional-experiment.json', REGIONAL,
                      {'description': 'Template for internal server error for regions us-west-2, us-east-1',
                       'actions': actions, 'stopConditions': NONE, 'roleArn': ROLE})
    experiment = start(template, {'actions': actions})
    prints(GET % '--region us-east-1 ', failing('InternalError'), **FEWER)
    prints_json(create_students('eu-central-1'), STUDENTS)
    prints_nothing(student('eu-central-1', '1111', 'Alice', 'Simpson', 'Freshman', '2020-03-19'))
    stop(experiment)

    # The file has a bare number, which the CLI takes only where it does not check what it is given; what is printed
    # has a service that the file does not name.
    write('config', '[default]\nparameter_validation = false\n')
    latency = """{
  "actions": {
    "latency": {
      "actionId": "localstack:generic:latency",
      "parameters": {
        "region": "us-east-1",
        "latencyMilliseconds": 5000
      }
    }
  },
  "description": "template for testing delays in DynamoDB API calls",
  "stopConditions": [],
  "roleArn": "arn:aws:iam:000000000000:role/ExperimentRole"
}"""
    actions = {'latency': {'actionId': 'localstack:generic:latency',
                           'parameters': {'region': 'us-east-1', 'latencyMilliseconds': '5000'}}}
    template = create('latency-experiment.json', latency,
                      {'description': 'template for testing delays in DynamoDB API calls', 'actions': actions,
                       'stopConditions': [], 'roleArn': ROLE}, AWS_CONFIG_FILE=os.path.join(folder, 'config'))
    experiment = start(template, {'actions': actions, 'stopConditions': []})
    text, _, took = run(GET % '')
    if difference(LIAM, json.loads(text)) or took < 5:
        fail(GET % '', 'the item, after 5 seconds', '%s after %.1f s' % (text, took))
    took = run(GET % '--region eu-central-1 ')[2]
    if took > 4:
        fail(GET % '--region eu-central-1 ', 'no delay', '%.1f s' % took)

    got = prints_json('awslocal fis list-experiments', {})
    mine = [one for one in got.get('experiments', []) if one['id'] == experiment]
    if len(got.get('experiments', [])) < 4 or not mine or mine[0]['state']['status'] != 'running' or \
            {one['state']['status'] for one in got['experiments'] if one['id'] != experiment} != {'stopped'}:
        fail('awslocal fis list-experiments', 'all stopped but the last', got)
    stop(experiment)


tutorial()
guide()
print('%d commands failed' % len(FAILED) if FAILED else 'all as the documents say')
sys.exit(1 if FAILED else 0)
