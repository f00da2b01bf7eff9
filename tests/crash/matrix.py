"""The matrix: every call to AWS, in every way it can fail, and a kill at every line of the journal and at every
call; after each, `shaketable rollback --all` must leave the region as it was, byte for byte.

usage: matrix.py PROGRAMS SHIM [--sample] [--jobs N] [--way WAY] [--only REGEX] [--list] [--verbose]
"""
import argparse
import difflib
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, namedtuple

from region import Home, NotBegun, Region, Trouble, until

READS = ('refuse', 'throttle', '500-before', 'timeout-before', 'cut-before', 'half')
CHANGES = ('refuse', 'throttle', '500-before', '500-after', 'timeout-before', 'timeout-after', 'cut-before',
           'cut-after', 'half', 'delay:1500ms')
LASTING = ('refuse', '500-before', '500-after', 'cut-after')
ENDED_WELL = (0, 1, 3, 4)  # what the program says when all is as it was
ROLLBACKS = 4
BEGINS = 4


def only_reads(operation):
    return re.match(r'[a-z0-9-]+:(Describe|List|Get)[A-Z]', operation)


Cell = namedtuple('Cell', 'way story fails crash')
UNDISTURBED_TRIES = 3
UNDONE = 'or ECS went back by itself'
# The sidecars' ways in, an experiment of AWS FIS's, and preparing a service for those.
WAYS = {'in-place': ('--way', 'in-place'), 'canary': ('--way', 'canary', '--blast-radius', '25%'),
        'agent': ('--engine', 'agent'), 'fis': (), 'prepare': (), 'dependency': ('--dependency', 'db.example.com:443')}
FIS_WAYS = ('fis', 'prepare')
NOT_LOOKED = 'FIS was not looked at'


def kind_of(cell):
    if cell.crash and cell.fails:
        return 'killed while it is late'
    if cell.crash:
        kind, _, when = cell.crash.split(':')
        return f'killed {when} {kind}'
    return cell.fails[0].split('=')[1].split(':')[0] + (' for good' if '+' in cell.fails[0] else '')


def name_of(cell):
    return ' '.join([cell.way, cell.story, *cell.fails, cell.crash or '']).strip()


def preload(shim):
    """A sanitizer minds being preloaded after something else, unless told not to."""
    options = os.environ.get('ASAN_OPTIONS', '')
    return {'LD_PRELOAD': shim, 'ASAN_OPTIONS': (options + ':' if options else '') + 'verify_asan_link_order=0'}


class Stage:
    """One cell's region and home, and how the victim is begun: it is the process that fails or is killed."""

    def __init__(self, region, shim, cell, record=None):
        self.region, self.home, self.cell = region, Home(region), cell
        self.way = WAYS[cell.way]
        self.preload = preload(shim) if cell.crash or record else {}
        if cell.crash:
            self.preload['SHAKETABLE_CRASH'] = cell.crash
        if record:
            self.preload['SHAKETABLE_CRASH_LOG'] = record

    def begin(self):
        self.region.fail(*self.cell.fails)

    def inject(self, duration, **environment):
        if self.cell.way == 'prepare':
            return self.home.prepare(**environment)
        if self.cell.way == 'fis':
            return self.home.inject_by_fis('10m', **environment)  # a minute is its least
        return self.home.inject(*self.way, '--duration', duration, **environment)


# ── stories: each returns the victim, ended ──


def inject(stage):
    """Arms, injects for a second, rolls back by itself; what FIS does is ended by Ctrl-C."""
    stage.begin()
    victim = stage.inject('1s', **stage.preload)
    if stage.cell.way == 'fis' and victim.wait_for('injecting'):
        victim.signal(signal.SIGINT)
    return victim.wait()


def adjust(stage):
    """While faults are live another terminal changes them, then Ctrl-C."""
    victim = stage.inject('60s', **stage.preload)
    if victim.wait_for('injecting'):
        stage.begin()
        changed = stage.home.run('adjust', '--latency', '20ms')
        if changed.status != 0 and victim.process.poll() is None and not stage.cell.crash:
            raise Trouble('the faults could not be changed: ' + changed.said())
        victim.signal(signal.SIGINT)
    return victim.wait()


def asked(stage):
    """Another terminal asks the process that runs the experiment to roll back."""
    victim = stage.inject('60s', **stage.preload)
    if victim.wait_for('injecting'):
        stage.begin()
        stage.home.run('rollback', '--all')
        if victim.process.poll() is None:
            time.sleep(0.2)  # it may end a moment after it has answered
        victim.signal(signal.SIGINT)
    return victim.wait()


def asker(stage):
    """The same, and the one that asks is the victim; then the other gets Ctrl-C."""
    owner = stage.inject('60s')
    if not owner.wait_for('injecting'):
        raise NotBegun('the experiment did not begin: ' + owner.said())
    stage.begin()
    victim = stage.home.run('rollback', '--all', **stage.preload)
    owner.signal(signal.SIGINT)
    owner.wait()
    return victim


def prepare(stage):
    """It is done, and stays so until a rollback."""
    stage.begin()
    return stage.inject('', **stage.preload).wait()


def dies(stage, phase):
    other = stage.inject('60s')
    if stage.cell.way == 'prepare' and phase == 'armed':
        if other.wait().status != 0:
            raise NotBegun('the service was not prepared: ' + other.said())
        return
    phase = 'injecting' if stage.cell.way == 'fis' and phase == 'armed' else phase
    if not other.wait_for(phase):
        raise NotBegun('the experiment did not begin: ' + other.said())
    other.kill()


def rollback(stage):
    """The console died with the sidecars in place; the journal is there."""
    dies(stage, 'armed')
    stage.begin()
    return stage.home.run('rollback', '--all', **stage.preload)


def labels(stage):
    """The same from another machine: there is nothing but what stands in AWS."""
    dies(stage, 'armed')
    stage.home = Home(stage.region)
    stage.begin()
    return stage.home.run('rollback', '--all', **stage.preload)


def half(stage):
    """The console died in the midst of arming: the deployment is under way."""
    dies(stage, 'arming')
    stage.begin()
    return stage.home.run('rollback', '--all', **stage.preload)


# The story, and after which line of the victim's journal its own part begins (None: from the start).
STORIES = {
    'inject': (inject, None),
    'prepare': (prepare, None),
    'adjust': (adjust, '"phase":"injecting"'),
    'asked': (asked, '"phase":"injecting"'),
    'asker': (asker, None),
    'rollback': (rollback, None),
    'labels': (labels, None),
    'half': (half, None),
}



def stories_of(way):
    """What FIS runs can't be adjusted, and what is prepared has no process."""
    left_out = {'fis': ('prepare', 'adjust'), 'prepare': ('inject', 'adjust', 'asked', 'asker')}
    return [story for story in STORIES if story not in left_out.get(way, ('prepare',))]


# ── one cell ──


def difference(before, after):
    texts = [json.dumps(json.loads(text), indent=1, sort_keys=True).splitlines() for text in (before, after)]
    return '\n'.join(list(difflib.unified_diff(*texts, 'before', 'after', lineterm='', n=1))[:30])


def roll_back_all(stage):
    """Until there is nothing left; how often it took. The failure stays for the first."""
    for attempt in range(1, ROLLBACKS + 1):
        run = stage.home.run('rollback', '--all')
        if run.status == 0 and 'nothing to roll back' in run.said() and NOT_LOOKED not in run.said():
            return attempt - 1
        if run.status not in (0, 5):
            raise Trouble(f'rollback --all: status {run.status}: {run.said()}')
        if attempt > 1 and run.status != 0:
            raise Trouble(f'rollback --all, without a failure: status {run.status}: {run.said()}')
        stage.region.fail()
    raise Trouble('rollback --all always finds something: ' + run.said())


def check(stage, before, victim):
    said = f'it ended with {victim.status}: {victim.said()}'
    well = victim.status in ENDED_WELL and NOT_LOOKED not in victim.said()
    if well and stage.cell.story not in ('asker', 'prepare') and stage.region.state() != before:
        raise Trouble(f'{said}\nand yet:\n{difference(before, stage.region.state())}')
    needed = roll_back_all(stage)
    if stage.region.state() != before:
        raise Trouble(f'{said}\nnot as before:\n{difference(before, stage.region.state())}')
    if stage.home.unfinished():
        raise Trouble(f'{said}\na journal has no end: {stage.home.unfinished()}')
    if stage.region.fis:
        until(20, f'FIS goes on: {stage.region.faults()}', lambda: not stage.region.faults())
    until(20, 'a sidecar is left: ' + ', '.join(stage.region.sidecars()), lambda: not stage.region.sidecars())
    return needed


def perform(region, shim, cell, path=None):
    for attempt in range(BEGINS):
        region.fail()
        stage = Stage(region, shim, cell, path)
        try:
            return stage, STORIES[cell.story][0](stage)
        except NotBegun as trouble:
            reason = str(trouble)
            stage.region.fail()
            stage.home.run('rollback', '--all')
    raise Trouble(reason)


def play(region, shim, cell):
    """True if it was reached, and how many rollbacks it needed."""
    before = region.state()
    stage, victim = perform(region, shim, cell)
    reached = victim.status < 0 if cell.crash else True
    needed = check(stage, before, victim)
    shutil.rmtree(stage.home.folder, ignore_errors=True)
    return reached, needed


# ── all cells ──


def perform_undisturbed(region, shim, way, story, path):
    """On a machine that is too busy, new tasks fail their health checks and ECS undoes the deployment: that is none of
    our failures, and all must be as it was; it is tried again."""
    for attempt in range(UNDISTURBED_TRIES):
        before = region.state()
        if path and os.path.exists(path):
            os.remove(path)
        stage, victim = perform(region, shim, Cell(way, story, (), None), path)
        calls = region.calls()
        if victim.status != 0 and (UNDONE not in victim.said() or attempt + 1 == UNDISTURBED_TRIES):
            raise Trouble(f'{story}, with nothing failing: status {victim.status}: {victim.said()}')
        check(stage, before, victim)
        if victim.status == 0:
            return calls


def record(region, shim, way, story):
    """What happens when nothing fails: the points of the victim's own part, the calls by operation."""
    path = os.path.join(region.folder, f'{way}.{story}.points') if shim else None
    calls = perform_undisturbed(region, shim, way, story, path)
    points, begun = [], STORIES[story][1] is None
    if not shim:
        return points, calls
    with open(path) as file:
        for line in file:
            kind, number, label = (line.rstrip('\n').split(' ', 2) + [''])[:3]
            if begun:
                points.append((kind, int(number), label))
            begun = begun or STORIES[story][1] in label
    return points, calls


def kill_cells(way, story, points):
    for kind, number, label in points:
        for when in ('before', 'after', 'torn') if kind == 'journal' else ('before', 'after'):
            yield Cell(way, story, (), f'{kind}:{number}:{when}')
    seen = Counter()
    for kind, number, label in points:
        if kind == 'call' and not only_reads('ecs:' + label):
            seen[label] += 1
            yield Cell(way, story, (f'*:{label}@{seen[label]}=delay:1500ms',), f'call:{number}:during')


def fail_cells(way, story, calls):
    for operation, count in sorted(calls.items()):
        for number in range(1, count + 1):
            for how in READS if only_reads(operation) else CHANGES:
                yield Cell(way, story, (f'{operation}@{number}={how}',), None)
        if not only_reads(operation):
            for how in LASTING:
                yield Cell(way, story, (f'{operation}@1+={how}',), None)


def all_cells(regions, shim, ways):
    """What is called and written is seen by playing each story once, with nothing failing."""
    cells, lock = [], threading.Lock()
    work = queue.Queue()
    stories = [(way, story) for way in ways for story in stories_of(way)]
    for pair in stories:
        work.put(pair)
    found, troubles = {}, []

    def worker(region):
        while True:
            try:
                pair = work.get_nowait()
            except queue.Empty:
                return
            try:
                made = record(region, shim, *pair)
                with lock:
                    found[pair] = made
            except (Trouble, OSError) as trouble:
                with lock:
                    troubles.append(f'{" ".join(pair)}: {trouble}')

    run_threads([threading.Thread(target=worker, args=(region,)) for region in regions])
    if troubles:
        sys.exit('\n'.join(troubles))
    for pair in stories:
        points, calls = found[pair]
        cells += kill_cells(*pair, points)
        cells += fail_cells(*pair, calls)
    return cells


# What was not restored once.
PINNED = ('in-place inject journal:1:before', 'in-place inject journal:1:torn',
          'in-place labels ecs:DescribeTaskDefinition@1=refuse',
          'canary inject ec2:AuthorizeSecurityGroupIngress@1=delay:1500ms')


def sample(cells):
    """One of each kind, spread over the stories, of the calls that change most: the same ones each time."""
    kinds, stories, chosen = {}, Counter(), []
    for cell in cells:
        kinds.setdefault((cell.way in FIS_WAYS, kind_of(cell)), []).append(cell)

    def choose(cell):
        return stories[cell.way, cell.story], not re.search('Register|Update|Start|Stop', str(cell.fails))

    for kind in sorted(kinds, key=lambda kind: (len(kinds[kind]), kind)):
        chosen.append(min(kinds[kind], key=choose))
        stories[chosen[-1].way, chosen[-1].story] += 1
    return chosen + [cell for cell in cells if name_of(cell) in PINNED and cell not in chosen]


def run_threads(threads):
    for thread in threads:
        thread.daemon = True
        thread.start()
    for thread in threads:
        thread.join()


class Matrix:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.cells = queue.Queue()
        self.lock = threading.Lock()
        self.done, self.well, self.alone, self.unreached = Counter(), Counter(), Counter(), 0
        self.failed, self.regions = [], []

    def open_region(self):
        fis = any(way in FIS_WAYS for way in self.options.way)
        region = Region(self.options.programs, tempfile.mkdtemp(prefix='r.', dir=self.folder), fis)
        with self.lock:
            self.regions.append(region)
        return region

    def close(self):
        for region in self.regions:
            region.stop()

    def tell(self, cell, outcome):
        with self.lock:
            key = (cell.way, cell.story, kind_of(cell))
            if isinstance(outcome, str):
                self.done[key] += 1
                self.failed.append((cell, outcome))
                print(f'NOT RESTORED: {name_of(cell)}\n  ' + outcome.replace('\n', '\n  '), flush=True)
            elif not outcome[0]:
                self.unreached += 1
            else:
                self.done[key] += 1
                self.well[key] += 1
                self.alone[key] += outcome[1] == 0

    def work(self, region):
        while True:
            try:
                cell = self.cells.get_nowait()
            except queue.Empty:
                break
            began = time.monotonic()
            try:
                outcome = play(region, self.options.shim, cell)
            except (Trouble, OSError, ValueError) as trouble:
                outcome = str(trouble) or repr(trouble)
                region.stop()
                region = None
            self.tell(cell, outcome)
            if self.options.verbose:
                print(f'{time.monotonic() - began:6.1f} s  {name_of(cell)}', flush=True)
            region = region or self.open_region()

    def run(self, cells):
        for cell in cells:
            self.cells.put(cell)
        run_threads([threading.Thread(target=self.work, args=(region,)) for region in list(self.regions)])

    def report(self, seconds):
        print(f'{"":9} {"":9} {"":28} {"cells":>6} {"restored":>9} {"by itself":>10}')
        for key in sorted(self.done):
            way, story, kind = key
            print(f'{way:9} {story:9} {kind:28} {self.done[key]:6} {self.well[key]:9} {self.alone[key]:10}')
        for cell, _ in self.failed:
            print(f'not restored: {name_of(cell)}')
        if self.unreached:
            print(f'{self.unreached} more were not reached: there was no such call that time')
        total, well = sum(self.done.values()), sum(self.well.values())
        print(f'{seconds:.0f} s; {total} cells, {well} restored')
        return total > 0 and total == well


def can_preload(options):
    """Where it can't be, as in some builds with sanitizers, nothing can be killed."""
    try:
        run = subprocess.run([options.programs + '/shaketable', '--version'], capture_output=True, timeout=20,
                             env=dict(os.environ, **preload(options.shim)))
    except (OSError, subprocess.TimeoutExpired):
        return False
    return run.returncode == 0 and not run.stderr


def read_options():
    parser = argparse.ArgumentParser()
    parser.add_argument('programs')
    parser.add_argument('shim')
    parser.add_argument('--sample', action='store_true')
    parser.add_argument('--list', action='store_true')
    parser.add_argument('--jobs', type=int, default=4)
    parser.add_argument('--way', action='append', choices=list(WAYS))
    parser.add_argument('--only', default='')
    parser.add_argument('--verbose', action='store_true')
    options = parser.parse_args()
    options.way = options.way or list(WAYS)
    options.programs, options.shim = os.path.abspath(options.programs), os.path.abspath(options.shim)
    return options


def main():
    options = read_options()
    began = time.monotonic()
    folder = tempfile.mkdtemp(prefix='shaketable-matrix.')
    kills = can_preload(options)
    if not kills:
        print('left out: kills, for nothing can be preloaded into this build (a sanitizer?)')
    matrix = Matrix(options, folder)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    try:
        run_threads([threading.Thread(target=matrix.open_region) for _ in range(options.jobs)])
        if len(matrix.regions) < options.jobs:
            sys.exit('the regions did not start')
        cells = all_cells(matrix.regions, options.shim if kills else None, options.way)
        cells = [cell for cell in cells if re.search(options.only, name_of(cell))]
        cells = sample(cells) if options.sample else cells
        if options.list:
            print('\n'.join(map(name_of, cells)))
            cells = []
        matrix.run(cells)
        done = options.list or matrix.report(time.monotonic() - began)
    finally:
        matrix.close()
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if done else 1)


if __name__ == '__main__':
    main()
