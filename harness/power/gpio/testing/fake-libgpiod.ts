/**
 * libgpiod 1.6 over a kernel that is a file: as strict as the real ones, with the traps of node-libgpiod. A requested line has a real
 * descriptor (of a FIFO), and is held as long as any process has that open, however it came by it. It imports only Node.js, so that a
 * process of its own can run it.
 */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { GpioBinding, GpioChip, GpioLine, GpioRequest, GpioValue } from '../binding.js';

/** Electrical levels throughout. */
export interface FakeLine {
  name?: string;
  /** What the resistors on the line make of it while nobody drives it. */
  pull: GpioValue;
  direction: 'input' | 'output';
  driven: GpioValue;
  openDrain: boolean;
  holder?: { pid: number; id: number; consumer: string; type: number; flags: number } | undefined;
  /** Who has held it, in order. */
  holders: string[];
}

export interface FakeChip {
  label: string;
  /** What its driver does with a line that is let go. */
  onRelease: 'keeps-level' | 'becomes-input';
  /** Error code of every opening. */
  denied?: string;
  lines: FakeLine[];
}

type Chips = Record<string, FakeChip>;

const failure = (code: string, syscall: string): Error => Object.assign(new Error(`${code}, ${syscall}`), { code, syscall });
let lastId = 0;

export class FakeKernel {
  /** Called with each write, just before it takes effect. */
  onWrite: ((chip: string, offset: number) => void) | undefined;
  /** Called when a line of this process was let go. */
  onRelease: ((chip: string, offset: number) => void) | undefined;
  /** Called when a request was refused since the line is held, before the caller learns of it. */
  onBusy: ((chip: string, offset: number) => void) | undefined;
  /** Error code of every write from now on. */
  fail: string | undefined;
  /** Lines that were made of a number the chip lacks: each ends a real process when it is collected. */
  halfMade = 0;

  constructor(readonly folder: string) {}

  /** Where the device files are. */
  get devices(): string {
    return join(this.folder, 'dev');
  }

  static create(
    folder: string,
    chips: Record<string, Partial<Omit<FakeChip, 'lines'>> & { lines: (Partial<FakeLine> | undefined)[] }>,
  ): FakeKernel {
    const kernel = new FakeKernel(folder);
    mkdirSync(kernel.devices);
    mkdirSync(join(folder, 'handles'));
    const whole: Chips = {};
    for (const [name, { label = 'fake', onRelease = 'keeps-level', denied, lines }] of Object.entries(chips)) {
      writeFileSync(join(kernel.devices, name), '');
      whole[name] = {
        label,
        onRelease,
        ...(denied === undefined ? {} : { denied }),
        lines: Array.from(lines, (line) => ({ pull: 0, direction: 'input', driven: 0, openDrain: false, holders: [], ...line })),
      };
    }
    const handles = Object.entries(whole).flatMap(([name, chip]) =>
      chip.lines.map((_line, offset) => kernel.handle(name, offset)),
    );
    spawnSync('mkfifo', handles);
    kernel.write(whole);
    return kernel;
  }

  handle(chip: string, offset: number): string {
    return join(this.folder, 'handles', `${chip}-${String(offset)}`);
  }

  /** Descriptors of requested lines that this process has open. */
  readonly descriptors = (kind: string): Set<number> => {
    const open = readdirSync('/proc/self/fd').filter((name) => {
      try {
        return readlinkSync(`/proc/self/fd/${name}`).startsWith(join(this.folder, 'handles'));
      } catch {
        return false;
      }
    });
    return new Set(kind === 'gpio-linehandle' ? open.map(Number) : []);
  };

  /** What the other end of the wire measures. */
  level(chip: string, offset: number): GpioValue {
    return levelOf(this.line(chip, offset));
  }

  line(chip: string, offset: number): FakeLine {
    const line = this.read()[chip]?.lines[offset];
    if (line === undefined) throw new Error(`no line ${String(offset)} of ${chip}`);
    return line;
  }

  change(chip: string, offset: number, change: (line: FakeLine, chip: FakeChip) => void): void {
    this.#locked(() => {
      this.#change(chip, offset, change);
    });
  }

  /** One process at a time; the lock of a dead one is broken. */
  #locked<T>(use: () => T): T {
    const file = join(this.folder, 'lock');
    for (;;) {
      try {
        writeFileSync(file, String(process.pid), { flag: 'wx' });
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        let owner = '';
        try {
          owner = readFileSync(file, 'utf8');
        } catch {
          // Free again.
        }
        if (owner !== '' && !isAlive(Number(owner))) rmSync(file, { force: true });
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      }
    }
    try {
      return use();
    } finally {
      rmSync(file, { force: true });
    }
  }

  #change(chip: string, offset: number, change: (line: FakeLine, chip: FakeChip) => void): void {
    const chips = this.#readLocked();
    const owner = chips[chip];
    const line = owner?.lines[offset];
    if (owner === undefined || line === undefined) throw failure('ENODEV', 'line');
    const before = levelOf(line);
    change(line, owner);
    this.#note(chip, offset, line, before);
    this.write(chips);
  }

  /** Every change of a level, of all lines in order: `gpiochip0/5 1`. */
  get moves(): string[] {
    try {
      return readFileSync(join(this.folder, 'moves'), 'utf8').split('\n').filter(Boolean);
    } catch {
      return [];
    }
  }

  #note(chip: string, offset: number, line: FakeLine, before: GpioValue): void {
    if (levelOf(line) !== before)
      appendFileSync(join(this.folder, 'moves'), `${chip}/${String(offset)} ${String(levelOf(line))}\n`);
  }

  read(): Chips {
    return this.#locked(() => this.#readLocked());
  }

  #readLocked(): Chips {
    const chips = JSON.parse(readFileSync(join(this.folder, 'kernel.json'), 'utf8')) as Chips;
    let died = false;
    for (const [name, chip] of Object.entries(chips)) {
      for (const [offset, line] of chip.lines.entries()) {
        if (line.holder === undefined || isOpen(this.handle(name, offset))) continue;
        died = true;
        const before = levelOf(line);
        letGo(line, chip);
        this.#note(name, offset, line, before);
      }
    }
    if (died) this.write(chips);
    return chips;
  }

  write(chips: Chips): void {
    const file = join(this.folder, 'kernel.json');
    writeFileSync(`${file}.${String(process.pid)}`, JSON.stringify(chips));
    renameSync(`${file}.${String(process.pid)}`, file);
  }

  binding(): GpioBinding {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the classes below are this kernel's
    const kernel = this;

    class Chip implements GpioChip {
      readonly name: string;
      readonly label: string;
      readonly numberOfLines: number;
      readonly lines: Line[] = [];

      constructor(readonly path: string) {
        const chip = kernel.read()[basename(path)];
        if (chip === undefined) throw failure('ENOENT', `Chip::new - Unable to open device ${path}`);
        if (chip.denied !== undefined) throw failure(chip.denied, `Chip::new - Unable to open device ${path}`);
        this.name = basename(path);
        this.label = chip.label;
        this.numberOfLines = chip.lines.length;
      }

      get lineNames(): (string | undefined)[] {
        for (const line of this.lines) line.release();
        return (kernel.read()[this.name]?.lines ?? []).map(({ name }) => name);
      }
    }

    class Line implements GpioLine {
      readonly #chip: string;
      readonly #id = ++lastId;
      #descriptor: number | undefined;
      #known: FakeLine;

      constructor(
        chip: GpioChip,
        readonly offset: number,
      ) {
        this.#chip = chip.name;
        if (offset >= chip.numberOfLines) {
          kernel.halfMade++;
          throw failure('EINVAL', `Line::new - Unable to open GPIO line ${String(offset)}`);
        }
        this.#known = kernel.line(this.#chip, offset);
        (chip as Chip).lines.push(this);
      }

      get name(): string | undefined {
        return this.#known.name;
      }
      get consumer(): string | undefined {
        return this.#known.holder?.consumer;
      }
      get direction(): number {
        return this.#known.direction === 'output' ? 2 : 1;
      }
      get activeState(): number {
        return ((this.#known.holder?.flags ?? 0) & 4) === 0 ? 1 : 2;
      }
      get used(): boolean {
        return this.#known.holder !== undefined;
      }

      update(): void {
        this.#known = kernel.line(this.#chip, this.offset);
      }

      getValue(): number {
        const { flags } = this.#held('getValue');
        const level = kernel.level(this.#chip, this.offset);
        return (flags & 4) === 0 ? level : 1 - level;
      }

      setValue(value: GpioValue): void {
        const { flags } = this.#held('setValue');
        kernel.onWrite?.(this.#chip, this.offset);
        if (kernel.fail !== undefined) throw failure(kernel.fail, '::setValue');
        kernel.change(this.#chip, this.offset, (line) => {
          if (line.direction !== 'output') throw failure('EPERM', '::setValue');
          line.driven = electrical(value, flags);
        });
      }

      lineRequest({ consumer, requestType: type, flags }: GpioRequest, value: GpioValue = 0): void {
        // drivers/gpio/gpiolib-cdev.c, linehandle_validate_flags: what the kernel refuses.
        if (type !== 3 && (flags & 3) !== 0) throw failure('EINVAL', '::lineRequest');
        if (type === 1 && (flags & (8 | 16 | 32)) !== 0) throw failure('EINVAL', '::lineRequest');
        let busy = false;
        kernel.change(this.#chip, this.offset, (line) => {
          busy = line.holder !== undefined;
          if (busy) return;
          this.#descriptor = openSync(kernel.handle(this.#chip, this.offset), constants.O_RDWR | constants.O_NONBLOCK);
          line.holder = { pid: process.pid, id: this.#id, consumer: consumer.slice(0, 31), type, flags };
          line.holders.push(consumer.slice(0, 31));
          if (type === 1) return;
          line.direction = type === 3 ? 'output' : 'input';
          if (type === 3) line.driven = electrical(value, flags);
          line.openDrain = (flags & 1) !== 0;
        });
        if (busy) {
          kernel.onBusy?.(this.#chip, this.offset);
          throw failure('EBUSY', '::lineRequest');
        }
        this.update();
      }

      release(): void {
        if (this.#descriptor === undefined) return;
        closeSync(this.#descriptor);
        this.#descriptor = undefined;
        kernel.read();
        kernel.onRelease?.(this.#chip, this.offset);
      }

      /** libgpiod refuses a line that this object has not requested. */
      #held(call: string): { flags: number } {
        const { holder } = kernel.line(this.#chip, this.offset);
        if (this.#descriptor === undefined || holder?.id !== this.#id) throw failure('EPERM', `::${call}`);
        return holder;
      }
    }

    return { version: '1.6.3', Chip, Line };
  }
}

const electrical = (value: GpioValue, flags: number): GpioValue => ((flags & 4) === 0 ? value : value === 1 ? 0 : 1);

function levelOf({ direction, driven, openDrain, pull }: FakeLine): GpioValue {
  return direction === 'input' || (openDrain && driven === 1) ? pull : driven;
}

/** Whether any process has a FIFO open for reading. */
function isOpen(handle: string): boolean {
  try {
    closeSync(openSync(handle, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

function letGo(line: FakeLine, { onRelease }: FakeChip): void {
  line.holder = undefined;
  if (onRelease === 'becomes-input') line.direction = 'input';
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
  } catch {
    return false;
  }
}
