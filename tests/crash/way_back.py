"""The way back from what the matrix does not play: from the journal alone, from the labels alone, from another
machine, by two at a time, of a rollback that died, after somebody changed or deleted what was there, on a full disk.

usage: way_back.py PROGRAMS"""
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from region import CLUSTER, SERVICE, Home, Region, Trouble, until


def expect(holds, what):
    if not holds:
        raise Trouble(what)


def told(run):
    return f'status {run.status}\n{run.read()}{run.said()}'


def killed_while(region, phase='armed'):
    """A home whose console has died."""
    home = Home(region)
    run = home.inject('--duration', '60s')
    if not run.wait_for(phase) and 'ECS went back by itself' in run.said():
        # A machine that is too busy lets tasks fail their checks; all is as it was, and it begins anew.
        run = home.inject('--duration', '60s')
    expect(run.wait_for(phase), 'the experiment did not begin: ' + run.said())
    run.kill()
    return home


def runs(region):
    return region.call('DescribeServices', cluster=CLUSTER, services=[SERVICE])['services'][0]


def expect_restored(region, before, *homes):
    expect(region.state() == before, 'the region is not as before')
    for home in homes:
        expect(not home.unfinished(), f'a journal has no end: {home.unfinished()}')
        last = home.run('rollback', '--all')
        expect(last.status == 0 and 'nothing to roll back' in last.said(), 'something was left: ' + told(last))
    until(20, 'a sidecar is left', lambda: not region.sidecars())


# ── where the way back is read ──


def from_the_journal_alone(region, before):
    """Our revision was deregistered by somebody: no list shows it any more."""
    home = killed_while(region)
    region.call('DeregisterTaskDefinition', taskDefinition=runs(region)['taskDefinition'])
    run = home.run('rollback', '--all')
    expect(run.status == 0, told(run))
    expect_restored(region, before, home)


def from_the_labels_alone(region, before):
    home = killed_while(region)
    shutil.rmtree(home.folder + '/state')
    run = home.run('rollback', '--cluster', CLUSTER, '--service', SERVICE)
    expect(run.status == 0, told(run))
    expect_restored(region, before, home)


def from_another_machine(region, before):
    """Its journal is found ended by whoever comes back to the first one."""
    home, other = killed_while(region), Home(region)
    run = other.run('rollback', '--all', USER='somebody-else')
    expect(run.status == 0 and 'found experiment' in run.said(), told(run))
    expect(region.state() == before, 'the region is not as before')
    run = home.run('rollback', '--all')
    expect(run.status == 0, told(run))
    expect_restored(region, before, home, other)


# ── by several ──


def by_two_at_a_time(region, before):
    for pause in (0, 0.05, 0.2):
        home = killed_while(region)
        first = home.start('rollback', '--all')
        time.sleep(pause)
        second = home.start('rollback', '--all')
        for run in (first, second):
            run.wait()
            expect(run.status == 0 or 'another process' in run.said(), told(run))
        expect(first.status == 0 or second.status == 0, 'neither did it:\n' + told(first) + told(second))
        expect_restored(region, before, home)


def by_two_machines_at_a_time(region, before):
    for pause in (0, 0.1, 0.3):
        home, other = killed_while(region), Home(region)
        first = home.start('rollback', '--all')
        time.sleep(pause)
        second = other.start('rollback', '--all')
        for run in (first, second):
            run.wait()
            expect(run.status == 0, told(run))
        expect_restored(region, before, home, other)


def of_a_rollback_that_died(region, before):
    """At each of the two calls that change something."""
    for operation in 'UpdateService', 'DeregisterTaskDefinition':
        home = killed_while(region)
        region.fail(f'ecs:{operation}=timeout-before')
        run = home.start('rollback', '--all', SHAKETABLE_CALL_TIMEOUT='30s')
        until(30, f'{operation} was not called', lambda: region.calls().get('ecs:' + operation, 0) > 0)
        run.kill()
        region.fail()
        run = home.run('rollback', '--all')
        expect(run.status == 0, told(run))
        expect_restored(region, before, home)


# ── where somebody was at it ──


def after_another_field_was_changed(region, before):
    """It is told and left; nothing else is in the way."""
    home = killed_while(region)
    grace = runs(region).get('healthCheckGracePeriodSeconds', 0)
    region.call('UpdateService', cluster=CLUSTER, service=SERVICE, healthCheckGracePeriodSeconds=grace + 77)
    run = home.run('rollback', '--all')
    expect(run.status == 0 and 'healthCheckGracePeriodSeconds' in run.read(), told(run))
    expect(runs(region)['healthCheckGracePeriodSeconds'] == grace + 77, 'what they changed was changed back')
    region.call('UpdateService', cluster=CLUSTER, service=SERVICE, healthCheckGracePeriodSeconds=grace)
    expect_restored(region, before, home)


def ours_are_gone(region, *homes):
    families = region.call('ListTaskDefinitionFamilies', familyPrefix='shaketable-', status='ACTIVE')['families']
    expect(not families, f'still there: {families}')
    for home in homes:
        expect(not home.unfinished(), f'a journal has no end: {home.unfinished()}')
        last = home.run('rollback', '--all')
        expect(last.status == 0 and 'nothing to roll back' in last.said(), 'something was left: ' + told(last))


def delete(region, service):
    region.call('DeleteService', cluster=CLUSTER, service=service, force=True)


def after_the_service_was_deleted(region):
    home, other = killed_while(region), Home(region)
    delete(region, SERVICE)
    run = other.run('rollback', '--all')
    expect(run.status == 0, told(run))
    ours_are_gone(region, other)
    run = home.run('rollback', '--all')
    expect(run.status == 0, told(run))
    ours_are_gone(region, home)


def after_the_cluster_was_deleted(region, by_labels):
    home = killed_while(region)
    for arn in region.call('ListServices', cluster=CLUSTER)['serviceArns']:
        delete(region, arn)

    def is_deleted():
        try:
            region.call('DeleteCluster', cluster=CLUSTER)
        except Trouble:
            return False
        return True

    until(60, 'the cluster can\'t be deleted', is_deleted)
    if by_labels:
        shutil.rmtree(home.folder + '/state')
    run = home.run('rollback', '--all')
    expect(run.status == 0, told(run))
    ours_are_gone(region, home)


# ── where nothing more can be written ──


def inject_with_room(home, room):
    """With files of at most so many bytes; what it prints goes through pipes."""
    return subprocess.run(
        [home.region.programs + '/shaketable', 'inject', '--cluster', CLUSTER, '--service', SERVICE, '--latency',
         '50ms', '--yes', '--duration', '1s', '--open-security-group'], env=home.environment(),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)))


def on_a_full_disk(region, before):
    home = Home(region)
    home.run('list', 'experiments')  # makes its folders
    run = home.inject('--duration', '1s').wait()
    expect(run.status == 0, told(run))
    folder = home.folder + '/state/shaketable/experiments/'
    with open(folder + os.listdir(folder)[0], 'rb') as journal:
        lines = journal.read().splitlines(keepends=True)
    ends = [sum(map(len, lines[:count])) for count in range(len(lines) + 1)]
    for count in [0, 1, *range(3, len(lines), 4)]:
        full = Home(region)
        os.makedirs(full.folder + '/config')
        shutil.copytree(home.folder + '/config', full.folder + '/config', dirs_exist_ok=True)
        room = ends[count] + (20 if count > 0 else 0)
        run = inject_with_room(full, room)
        what = f'room for {count} lines: status {run.returncode}\n{run.stdout}{run.stderr}'
        expect(run.returncode in (0, 1), what)
        expect(region.state() == before, what + 'the region is not as before')
        if count < len(lines) - 2:  # its lines are not of the same length each time
            expect('cannot write the journal' in run.stdout + run.stderr, what)
        run = full.run('rollback', '--all')
        expect(run.status == 0, told(run))
        expect_restored(region, before, full)


RESTORING = [from_the_journal_alone, from_the_labels_alone, from_another_machine, by_two_at_a_time,
             by_two_machines_at_a_time, of_a_rollback_that_died, after_another_field_was_changed, on_a_full_disk]
ENDING = [('after_the_service_was_deleted', after_the_service_was_deleted),
          ('after_the_cluster_was_deleted', lambda region: after_the_cluster_was_deleted(region, False)),
          ('after_the_cluster_was_deleted, by the labels', lambda region: after_the_cluster_was_deleted(region, True))]


def play(programs, folder, stories):
    """On one region, one after the other."""
    region, failed = Region(programs, folder), []
    try:
        for name, story in stories:
            began = time.monotonic()
            try:
                region.fail()
                story(region)
                print(f'ok {name} ({time.monotonic() - began:.0f} s)', flush=True)
            except Trouble as trouble:
                failed.append(name)
                print(f'FAIL {name}: {trouble}', flush=True)
                region.stop()
                region = Region(programs, folder)
    finally:
        region.stop()
    return failed


def main():
    programs, only = os.path.abspath(sys.argv[1]), (sys.argv[2:] or [''])[0]
    folder = tempfile.mkdtemp(prefix='shaketable-back.')
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    failed = []
    try:
        stories = [(story.__name__, lambda region, story=story: story(region, region.state())) for story in RESTORING]
        failed += play(programs, folder, [story for story in stories if re.search(only, story[0])])
        for story in ENDING:  # there is nothing left to restore after these: a region each
            if re.search(only, story[0]):
                failed += play(programs, folder, [story])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
