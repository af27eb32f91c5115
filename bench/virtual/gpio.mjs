// gpio.mjs [SCENE]: in the virtual bench, drives a rig's wires through a real GPIO chip and looks at the levels from the other side: opening,
// cut, pulse, edges of STATUS, a line in use, a chip that goes away, and every way in which a run can end, up to SIGKILL, on wires with
// and without resistors. Ends with 1 when one of them was not as it should be.
//
//   npm run build; bench/virtual/run -- node bench/virtual/gpio.mjs
//   bench/virtual/run -- node bench/virtual/gpio.mjs SIGKILL        those with SIGKILL in their names
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const need = createRequire(import.meta.url);
const dist = '../../dist/harness';
const { systemClock: clock } = need(`${dist}/base/clock.js`);
const self = fileURLToPath(import.meta.url);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** Least time off 300 ms, pulses of 50 and 80 ms. */
const scale = 0.1;

const [, , role, ...words] = process.argv;
if (role === 'run') await run(JSON.parse(words[0]), words.slice(1));
else if (role === 'watch') watchLevels(words);
else await main();

/** A run's smallest part: opens the rig's power, does what it is told, tells it, and stays. */
async function run(gpio, steps) {
  const { openPower } = need(`${dist}/power/open.js`);
  const { openJournal } = need(`${dist}/journal/journal.js`);
  const { rigDefinition } = need(`${dist}/rig/schema.js`);
  const { Secrets } = need(`${dist}/base/secrets.js`);
  const rig = rigDefinition.parse({
    name: 'bench',
    module: 'EC25',
    unit: { imei: '861107030000001' },
    lines: { uart: { device: '/dev/uart/1-host' } },
    power: { gpio },
    network: { apn: 'internet' },
    delivery: { ufs: true },
    safety: { powerCuts: true },
    timing: { scale },
  });
  const journal = openJournal(process.env.JOURNAL, { clock, secrets: new Secrets() });
  let power;
  try {
    power = await openPower(rig, { journal, clock });
  } catch (error) {
    console.log(error.explain());
    process.exit(error.exitCode);
  }
  process.on('exit', () => power.closeNow());
  for (const step of steps) {
    if (step === 'on') await power.supply(true, 'bench');
    if (step === 'cut') {
      power.cut('bench');
      // As the call returns, before anything else of this process has run.
      console.log(`cut ${levelsOf(process.env.SIDE, 2).join('')}`);
    }
    if (step === 'settled') await power.settled();
    if (step === 'press') await power.pressPowerKey('on', 'bench');
    if (step === 'pressing') power.pressPowerKey('on', 'bench').catch(() => undefined);
    if (step === 'close') await power.close();
    if (step === 'throw')
      setImmediate(() => {
        throw new Error('unforeseen');
      });
    if (step === 'exit') process.exit(7);
    if (step === 'fast') {
      const times = [];
      for (let n = 0; n < 2000; n += 1) {
        const t = clock.now();
        power.hardware.set('vbus', n % 2 === 1).catch(() => undefined);
        times.push(clock.now() - t);
      }
      times.sort((one, other) => one - other);
      console.log(`set: p50 ${(times[1000] * 1000).toFixed(0)} µs, p99 ${(times[1980] * 1000).toFixed(0)} µs`);
    }
    if (step === 'unplug') writeFileSync('/sys/kernel/config/gpio-sim/plugged/live', '0');
    if (step === 'cut-fails') {
      power.cut('bench');
      await power.settled().catch((error) => console.log(error.explain()));
    }
  }
  console.log('done');
  setInterval(() => undefined, 1000);
}

function levelsOf(side, count) {
  return Array.from({ length: count }, (_, offset) => readFileSync(join(side, `sim_gpio${offset}/value`), 'latin1').trim());
}

/** Prints each change of a level with its time: looks without a pause. */
function watchLevels([side, count]) {
  const lines = Array.from({ length: Number(count) }, (_, offset) => openSync(join(side, `sim_gpio${offset}/value`), 'r'));
  const buffer = Buffer.alloc(1);
  const last = lines.map(() => undefined);
  let looks = 0;
  let stop = false;
  process.on('SIGTERM', () => {
    stop = true;
  });
  const look = () => {
    for (let n = 0; n < 200; n += 1) {
      looks += 1;
      for (const [offset, line] of lines.entries()) {
        readSync(line, buffer, 0, 1, 0);
        const level = buffer[0] - 0x30;
        if (level === last[offset]) continue;
        if (last[offset] !== undefined) process.stdout.write(`${clock.now()} ${offset} ${level}\n`);
        else if (offset === lines.length - 1) process.stdout.write('watching\n');
        last[offset] = level;
      }
    }
    if (!stop) setImmediate(look);
    else {
      for (const line of lines) closeSync(line);
      process.stdout.write(`looks ${looks}\n`, () => process.exit(0));
    }
  };
  look();
}

async function main() {
  const problems = [];
  let name = '';
  const is = (holds, what) => {
    if (!holds) problems.push(`${name}: ${what}`);
    console.log(`${holds ? '  ok' : '  PROBLEM'}: ${what}`);
  };
  const folder = mkdtempSync('/tmp/gpio-');
  process.env.DFOTA_STATE = folder;
  const resistors = execFileSync(
    '/bench/gpio-chip',
    ['resistors', '8', '0=VBAT,up', '1=VBUS,up', '2=PWRKEY,up', '3=RESET,up', '4=STATUS'],
    { encoding: 'utf8' },
  ).trim();
  const bare = execFileSync('/bench/gpio-chip', ['bare', '5', '2=PWRKEY,up'], { encoding: 'utf8' }).trim();
  const low = (line) => ({ line, activeLow: true });
  const wired = { chip: 'resistors', supply: 'VBAT', vbus: 1, powerKey: low('PWRKEY'), reset: low(3), status: 'STATUS' };
  const naked = { chip: `/dev/${bare.split('/').at(-1)}`, supply: 0, vbus: 1, powerKey: low('PWRKEY') };

  let journalNumber = 0;
  const children = [];
  /** Starts a run and resolves with what it said, once it has done what it was told. */
  async function start(gpio, side, ...steps) {
    const journal = join(folder, `journal-${(journalNumber += 1)}.jsonl`);
    const child = spawn(process.execPath, [self, 'run', JSON.stringify(gpio), ...steps], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, JOURNAL: journal, SIDE: side },
    });
    children.push(child);
    let said = '';
    const ended = new Promise((resolve) => child.once('close', resolve));
    await new Promise((resolve) => {
      child.stderr.on('data', (data) => {
        said += data;
      });
      child.stdout.on('data', (data) => {
        said += data;
        if (said.includes('done\n')) resolve();
      });
      void ended.then(resolve);
    });
    const events = () =>
      readFileSync(journal, 'utf8')
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map((line) => JSON.parse(line));
    return {
      child,
      said,
      ended,
      events,
      kill: (signal) => {
        child.kill(signal);
        return ended;
      },
    };
  }
  /** The changes of levels while `act` runs, as `offset level`, with times. */
  async function changes(side, count, act) {
    const watcher = spawn(process.execPath, [self, 'watch', side, String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    watcher.stdout.on('data', (data) => {
      text += data;
    });
    while (!text.includes('watching')) await pause(20);
    const result = await act();
    const ended = new Promise((resolve) => watcher.once('close', resolve));
    watcher.kill('SIGTERM');
    await ended;
    const moves = text.split('\n').flatMap((line) => {
      const [, t, offset, level] = /^([\d.]+) (\d) ([01])$/.exec(line) ?? [];
      return t === undefined ? [] : [{ t: Number(t), what: `${offset} ${level}` }];
    });
    return { result, moves, order: moves.map(({ what }) => what).join(', ') };
  }
  const guards = () =>
    readdirSync('/proc').filter((pid) => {
      try {
        return /guard\.js|dfota-guard/.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
      } catch {
        return false;
      }
    });
  /** Patient: beside other work the guest starts a program in ten seconds and more. */
  async function until(holds, within = 60_000) {
    for (const end = clock.now() + within; clock.now() < end; await pause(20)) if (holds()) return true;
    return holds();
  }
  const held = (chip) =>
    execFileSync('gpioinfo', [chip.split('/').at(-1)], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => /\[used/.test(line)).length;
  const on = (side) => levelsOf(side, 3).join('') === '111';
  async function scene(title, play) {
    if (role !== undefined && !title.includes(role)) return;
    name = title;
    console.log(`${title} (at ${(clock.now() / 1000).toFixed(1)} s)`);
    try {
      await play();
    } catch (error) {
      is(false, error.stack);
    }
    for (const child of children.splice(0)) child.kill('SIGKILL');
    is(await until(() => guards().length === 0 || held(bare) > 0), 'no guardian is left without a line to hold');
  }

  await scene('chips of this host', async () => {
    const { listGpioChips } = need(`${dist}/power/gpio/chips.js`);
    const byLibrary = await listGpioChips();
    const byProgram = await listGpioChips({ library: () => ({ missing: 'left out', hint: '' }) });
    is(
      byLibrary.chips.some(({ label, lines }) => label === 'resistors' && lines[2].name === 'PWRKEY'),
      'by node-libgpiod',
    );
    is(JSON.stringify(byLibrary) === JSON.stringify(byProgram), 'by gpioinfo the same');
  });

  await scene('opening and closing moves nothing', async () => {
    const { moves, result } = await changes(resistors, 4, () => start(wired, resistors, 'close'));
    is(moves.length === 0, `no level has changed (${moves.length} changes)`);
    is(result.said === 'done\n', `the run was told nothing (${result.said.trim()})`);
    is(held(resistors) === 0, 'no line is held');
  });

  await scene('a cut, a pulse', async () => {
    const { order, moves, result } = await changes(resistors, 4, () =>
      start(wired, resistors, 'cut', 'settled', 'press', 'close'),
    );
    is(result.said.startsWith('cut 00\n'), `VBAT and VBUS are low as the call returns (${result.said.split('\n')[0]})`);
    is(order === '0 0, 1 0, 2 0, 2 1, 0 1, 1 1', `in this order: ${order}`);
    const [, , down, up, back] = moves.map(({ t }) => t);
    is(up - down >= 49, `PWRKEY is low for ${(up - down).toFixed(1)} ms of 50`);
    is(back - moves[0].t >= 300, `the supply is off for ${(back - moves[0].t).toFixed(0)} ms of 300 or more`);
  });

  await scene('edges of STATUS', async () => {
    const child = await start(wired, resistors);
    const pull = join(resistors, 'sim_gpio4/pull');
    const edges = () => child.events().filter(({ type }) => type === 'power.status');
    const chatter = () => child.events().find(({ type }) => type === 'rig.fault')?.what;
    writeFileSync(pull, 'pull-up');
    is(await until(() => edges().length === 1), 'the rise is told');
    const [{ on: high, how, edgeAt, t }] = edges();
    is(
      high && how === 'edge' && edgeAt <= t && t - edgeAt < 1000,
      `by itself, with the kernel's time: written ${(t - edgeAt).toFixed(2)} ms after`,
    );
    for (let n = 0; n < 41; n += 1) writeFileSync(pull, n % 2 === 0 ? 'pull-down' : 'pull-up');
    is(
      await until(() => edges().at(-1).on === false),
      `after 41 edges at once the last level counts (${edges().length - 1} told)`,
    );
    for (const end = clock.now() + 5000; clock.now() < end && !chatter(); await pause(0))
      for (let n = 0; n < 20; n += 1) writeFileSync(pull, n % 2 === 0 ? 'pull-up' : 'pull-down');
    const told = edges().map(({ t }) => t);
    const most = Math.max(...told.map((t) => told.filter((other) => other >= t && other < t + 1000).length));
    is(most <= 202, `however fast it changes, at most ${most} edges are told in a second (${chatter() ?? 'no chatter'})`);
    writeFileSync(pull, 'pull-down');
  });

  await scene('a line in use, a line that is not there', async () => {
    const first = await start(wired, resistors);
    const second = await start(wired, resistors);
    is(
      (await second.ended) === 3 && second.said.includes(`held by "dfota:${first.child.pid} supply bench"`),
      second.said.trim().replaceAll('\n', ' |'),
    );
    const third = await start({ ...wired, supply: 8 }, resistors);
    is((await third.ended) === 2 && third.said.includes('has no line 8'), third.said.trim().replaceAll('\n', ' |'));
    const fourth = await start({ chip: 'gpiochip77', supply: 8 }, resistors);
    is((await fourth.ended) === 3 && fourth.said.includes('no GPIO chip gpiochip77'), fourth.said.trim().replaceAll('\n', ' |'));
  });

  for (const [how, steps, signal] of [
    ['in order', ['cut', 'settled', 'close'], 'SIGKILL'],
    ['by process.exit', ['cut', 'settled', 'pressing', 'exit'], undefined],
    ['by an exception', ['cut', 'settled', 'pressing', 'throw'], undefined],
    ['by SIGTERM', ['cut', 'settled', 'pressing'], 'SIGTERM'],
    ['by SIGKILL', ['cut', 'settled', 'pressing'], 'SIGKILL'],
  ]) {
    await scene(`a run ends ${how}, wires with resistors`, async () => {
      const { moves, order } = await changes(resistors, 4, async () => {
        const child = await start(wired, resistors, ...steps);
        if (signal === undefined) await child.ended;
        else await child.kill(signal);
        is(await until(() => on(resistors) && held(resistors) === 0), 'supply on, keys up, lines free');
      });
      console.log(`      ${order}`);
      const last = moves.filter(({ what }) => what === '0 1').at(-1);
      const off = moves.find(({ what }) => what === '0 0');
      if (signal !== undefined) is(last.t - off.t >= 300, `off for ${(last.t - off.t).toFixed(0)} ms of 300 or more`);
    });
  }

  for (const [how, steps] of [
    ['in order', ['on', 'close']],
    ['by SIGKILL', ['on']],
  ]) {
    await scene(`a run ends ${how} with the supply on, wires without resistors`, async () => {
      const first = await start(naked, bare, 'on');
      const { order } = await changes(bare, 3, async () => {
        const second = how === 'in order' ? (await first.kill('SIGKILL'), await start(naked, bare, ...steps)) : first;
        await second.kill('SIGKILL');
        await until(() => guards().some((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('dfota-guard')));
        await pause(500);
      });
      const falls = order.split(', ').filter((what) => what === '0 0').length;
      is(falls <= (how === 'in order' ? 1 : 0), `the supply stays on (changes: ${order || 'none'})`);
      is(on(bare) && held(bare) >= 2, 'held on by the guardian');
      const gpioset = spawn('gpioset', [naked.chip.replace('/dev/', ''), '0=0'], { stdio: ['ignore', 'ignore', 'pipe'] });
      is((await new Promise((resolve) => gpioset.once('close', resolve))) !== 0, 'others cannot take it');
      const over = await changes(bare, 3, () => start(naked, bare));
      const [fall, rise] = over.moves.filter(({ what }) => what.startsWith('0'));
      is(
        over.result.said === 'done\n' && on(bare),
        `the next run takes it on (${fall === undefined ? 'without a gap' : `gap of ${(rise.t - fall.t).toFixed(2)} ms`})`,
      );
      const last = over.result;
      await last.kill('SIGKILL');
      await until(() => guards().length === 1);
    });
  }

  await scene('a run ends by SIGKILL in mid-cut and mid-pulse, wires without resistors', async () => {
    const { moves, order } = await changes(bare, 3, async () => {
      const child = await start(naked, bare, 'on', 'cut', 'settled', 'pressing');
      await child.kill('SIGKILL');
      is(await until(() => on(bare) && held(bare) >= 2), 'supply on and held, key up');
    });
    console.log(`      ${order}`);
    const ends = moves.filter(({ what }) => what === '0 1').at(-1);
    const off = moves.filter(({ what }) => what === '0 0').at(-1);
    is(ends.t - off.t >= 300, `off for ${(ends.t - off.t).toFixed(0)} ms of 300 or more, though its holder was dead`);
    console.log(
      readFileSync(join(folder, 'gpio-guard.log'), 'utf8')
        .trim()
        .split('\n')
        .slice(-4)
        .map((line) => `      ${line}`)
        .join('\n'),
    );
  });

  await scene('a write of the supply', async () => {
    const { said } = await start(wired, resistors, 'fast');
    console.log(`      ${said.split('\n')[0]}`);
  });

  await scene('a chip that goes away', async () => {
    const chip = execFileSync('/bench/gpio-chip', ['plugged', '4', '0=VBAT,up'], { encoding: 'utf8' }).trim();
    const child = spawn(
      process.execPath,
      [self, 'run', JSON.stringify({ chip: 'plugged', supply: 0, status: 1 }), 'unplug', 'cut-fails'],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, JOURNAL: join(folder, 'unplugged.jsonl'), SIDE: chip },
      },
    );
    children.push(child);
    let said = '';
    child.stdout.on('data', (data) => {
      said += data;
    });
    child.stderr.on('data', (data) => {
      said += data;
    });
    is(await until(() => said.includes('done')), 'it comes to its end');
    is(said.includes('does not react any more') && said.includes('plugged in'), said.trim().replaceAll('\n', ' |'));
  });

  for (const pid of guards()) process.kill(Number(pid), 'SIGTERM');
  await until(() => guards().length === 0);
  rmSync(folder, { recursive: true });
  for (const problem of problems) console.log(`PROBLEM ${problem}`);
  console.log(problems.length === 0 ? 'all as it should be' : `${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
