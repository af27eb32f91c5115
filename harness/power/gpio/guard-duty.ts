import { pause, type Clock } from '../../base/clock.js';
import { hasCode, messageOf } from '../../base/errors.js';
import { lineOf, openChip, requestFlag, requestType, type GpioBinding, type GpioLine, type GpioValue } from './binding.js';
import { guardConsumer, harnessPid, type GuardedLine, type Watch } from './guard-message.js';

/** How long the kernel may take to close what a killed process held, ms. */
const diesWithin = 10_000;
const again = 10;

export interface DutyParts {
  readonly binding: GpioBinding;
  readonly clock: Clock;
  /** The next run wants the lines. */
  readonly asked: AbortSignal;
  /** What was done, a line of text each. */
  readonly say: (text: string) => void;
}

interface Held extends GuardedLine {
  readonly line: GpioLine;
}

/**
 * After the harness has died: lets the keys go at once, gives the supply back once it was off for long enough, VBAT before VBUS, and
 * lets go of lines that keep their level by themselves. The others are held until the next run asks for them. What another process
 * holds by now is left to it. Never rejects.
 */
export async function leaveSafe(watch: Watch, parts: DutyParts): Promise<void> {
  const { clock, asked, say } = parts;
  const held: Held[] = [];
  const ofSupply: Held[] = [];
  for (const guarded of watch.lines) {
    const isKey = guarded.wire === 'powerKey' || guarded.wire === 'reset';
    const taken = await attempt(guarded, parts, watch, isKey);
    if (taken !== undefined) (isKey ? held : ofSupply).push(taken);
  }
  const away = ofSupply.filter(({ line, rest }) => read(line) !== rest);
  if (away.some(({ wire, rest }) => wire === 'supply' && rest === 1)) await pause(clock, watch.off);
  for (const { wire, line, rest } of away) {
    try {
      line.setValue(rest);
      say(`${wire} was ${rest === 1 ? 'off: switched on' : 'on: switched off'}`);
    } catch (error) {
      say(`${wire} could not be moved: ${messageOf(error)}`);
    }
  }
  const falling = [...held, ...ofSupply].filter((one) => !staysByItself(one, say));
  if (falling.length === 0) return;
  say(`${falling.map(({ wire }) => wire).join(', ')} would not stay so by itself: held until the next run`);
  if (!asked.aborted) {
    await new Promise<void>((resolve) => {
      asked.addEventListener('abort', () => {
        resolve();
      });
    });
  }
  for (const { line } of falling) line.release();
  say('let go for the next run');
}

/** Takes a line: a key let go, a supply as it stands now. Undefined, and said, when it is not to be had. */
async function attempt(guarded: GuardedLine, parts: DutyParts, watch: Watch, isKey: boolean): Promise<Held | undefined> {
  const { binding, clock, say } = parts;
  const { wire, path, offset } = guarded;
  const deadline = clock.now() + diesWithin;
  try {
    const line = lineOf(binding, openChip(binding, path), offset);
    for (;;) {
      try {
        take({ ...guarded, line }, isKey ? guarded.rest : lookAt(line, guarded.flags));
        if (isKey) say(`${wire} let go`);
        return { ...guarded, line };
      } catch (error) {
        if (!hasCode(error, 'EBUSY')) throw error;
        line.update();
        const mine = harnessPid(line.consumer) === watch.pid;
        if (line.used && (!mine || clock.now() >= deadline)) {
          say(`${wire} is left to "${line.consumer ?? 'somebody without a name'}"`);
          return undefined;
        }
        await pause(clock, again);
      }
    }
  } catch (error) {
    say(`${wire} could not be taken: ${messageOf(error)}`);
    return undefined;
  }
}

function take({ line, wire, flags }: Held, value: GpioValue): void {
  line.lineRequest({ consumer: guardConsumer(process.pid, wire, value), requestType: requestType.output, flags }, value);
}

const read = (line: GpioLine): GpioValue => (line.getValue() === 1 ? 1 : 0);

/** The logical level of a line that nobody holds, without touching it. */
export function lookAt(line: GpioLine, flags: number): GpioValue {
  const asIs = { consumer: 'dfota look', requestType: requestType.asIs, flags: flags & requestFlag.activeLow };
  line.lineRequest(asIs);
  try {
    return read(line);
  } finally {
    line.release();
  }
}

/** Lets go of a line, and takes it again when its level is not what it was. */
function staysByItself(held: Held, say: (text: string) => void): boolean {
  const { line, flags, wire, rest } = held;
  try {
    line.release();
    if (lookAt(line, flags) === rest) return true;
    take(held, rest);
    return false;
  } catch (error) {
    say(`${wire} could not be held: ${messageOf(error)}`);
    return true;
  }
}
