/**
 * Loaded by the self-check into every process of a run (`node --require`), never by the product: it makes the host misbehave. What it does
 * is named in DFOTA_SELF_CHECK_HOST. Nothing of the harness is changed; only what Node.js tells or gives it.
 */
import fs from 'node:fs';
import vm from 'node:vm';
import { isMainThread } from 'node:worker_threads';

/** How far the wall clock is off, in ms, one after the other: hours and days, forth and back. */
const offsets = [0, 3_600_000, -7_200_000, 86_400_000, 500, -86_400_000, 60_000];
const betweenSteps = 700;

/** Every so often all that runs here stands still, as on a host that swaps or was suspended. ms. */
const betweenStandstills = 5000;
const standstill = 1200;

const now = (): number => Number(process.hrtime.bigint() / 1_000_000n);

/** The same in every process at one moment: it hangs on the machine's monotonic clock alone. */
const offset = (): number => offsets[Math.floor(now() / betweenSteps) % offsets.length] ?? 0;

function steppedDate(real: DateConstructor): DateConstructor {
  return new Proxy(real, {
    construct: (target, given: unknown[], made) =>
      Reflect.construct(target, given.length === 0 ? [target.now() + offset()] : given, made) as object,
    apply: (target) => new target(target.now() + offset()).toString(),
    get: (target, name, receiver) =>
      name === 'now' ? () => target.now() + offset() : (Reflect.get(target, name, receiver) as unknown),
  });
}

/** Each realm has a Date of its own; Jest makes one for each suite. */
function stepClock(): void {
  globalThis.Date = steppedDate(Date);
  const createContext = vm.createContext;
  vm.createContext = (...given) => {
    const context = createContext(...given);
    const replace = vm.runInContext('(wrap) => { globalThis.Date = wrap(Date); }', context) as (wrap: typeof steppedDate) => void;
    replace(steppedDate);
    return context;
  };
}

function standStill(): void {
  if (!isMainThread) return;
  const still = new Int32Array(new SharedArrayBuffer(4));
  let last = Math.floor(now() / betweenStandstills);
  setInterval(() => {
    const turn = Math.floor(now() / betweenStandstills);
    if (turn === last) return;
    last = turn;
    Atomics.wait(still, 0, 0, standstill);
  }, 20).unref();
}

/** Just before our server reads a package, somebody puts an old one under its name. */
function serveStale(stale: string): void {
  const createReadStream = fs.createReadStream;
  const old = fs.readFileSync(stale);
  fs.createReadStream = (path, options) => {
    const file = String(path);
    if (/\/dfota-[^/]+\/(?:ftp|http)\//.test(file)) {
      const { size } = fs.statSync(file);
      fs.writeFileSync(file, Buffer.concat([old, Buffer.alloc(size)]).subarray(0, size));
    }
    return createReadStream(path, options);
  };
}

const program = process.argv[1] ?? '';
const isUnit = /simulator[\\/]main\.js$/.test(program);
switch (process.env['DFOTA_SELF_CHECK_HOST']) {
  case 'clock-step':
    stepClock();
    break;
  case 'stands-still':
    standStill();
    break;
  case 'unit-stands-still':
    if (isUnit) standStill();
    break;
  case 'harness-stands-still':
    if (!isUnit) standStill();
    break;
  case 'stale-file':
    serveStale(process.env['DFOTA_SELF_CHECK_STALE'] ?? '');
    break;
  default:
}
