import { execFile } from 'node:child_process';
import { closeSync, readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

interface NativePty {
  open(cols: number, rows: number): { readonly master: number; readonly slave: number; readonly pty: string };
}

/**
 * Only the native `open` is used: the package's own terminal object reads the other side's bytes, and its destroy() signals every
 * process of the machine.
 */
function native(): NativePty {
  return createRequire(__filename)(`@lydell/node-pty-linux-${process.arch}/pty.node`) as NativePty;
}

/** Milliseconds between two looks at the other side: soon after traffic, at rest, and while nobody has it open. */
const BUSY_MS = 1;
const IDLE_MS = 6;
const UNOPENED_MS = 12;
/** How many quiet looks make it a rest. */
const QUIET_LOOKS = 40;
/** Reads a look takes at most, so that a busy port does not stop everything else. */
const ROUNDS = 32;
/** Bytes held for a host that has the port open and does not read; more is lost. */
const HELD_MAX = 1 << 20;

/**
 * The module's end of a pseudo-terminal. The other end is not kept open here, which makes the kernel tell (EIO) whether a host has
 * it open: what is written while nobody has is lost, as on a real line.
 */
export class PtyEnd {
  private onData: ((data: Buffer) => void) | undefined;
  private readonly buffer = Buffer.alloc(65536);
  private incoming: Buffer[] = [];
  private held: Buffer[] = [];
  private heldBytes = 0;
  private timer: NodeJS.Timeout | undefined;
  private quiet = 0;
  private open = false;
  private closed = false;

  private constructor(
    private readonly master: number,
    /** The device a host opens. */
    readonly path: string,
  ) {}

  static async create(): Promise<PtyEnd> {
    const { master, slave, pty } = native().open(80, 25);
    // Raw before anybody opens it: a terminal starts with echo, and would send our own lines back to us.
    await promisify(execFile)('stty', ['-F', pty, 'raw', '-echo']);
    closeSync(slave);
    return new PtyEnd(master, pty);
  }

  /** From now on the other side is looked after. */
  start(onData: (data: Buffer) => void): void {
    this.onData = onData;
    this.look();
  }

  /** False when the bytes are lost because nobody has the port open. */
  write(data: Buffer): boolean {
    if (this.closed) return false;
    this.probe();
    if (!this.open) return false;
    if (this.heldBytes + data.length > HELD_MAX) return false;
    this.held.push(data);
    this.heldBytes += data.length;
    this.flush();
    return true;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.onData = undefined;
    clearTimeout(this.timer);
    closeSync(this.master);
  }

  private look(): void {
    let traffic = this.heldBytes > 0;
    for (let rounds = 0; rounds < ROUNDS && !this.closed; rounds++) {
      if (this.incoming.length === 0 && !this.probe()) break;
      traffic = true;
      const data = this.incoming.shift();
      if (data !== undefined) this.onData?.(data);
    }
    if (this.closed) return;
    this.flush();
    this.quiet = traffic ? 0 : this.quiet + 1;
    this.timer = setTimeout(() => this.look(), this.quiet < QUIET_LOOKS ? BUSY_MS : this.open ? IDLE_MS : UNOPENED_MS);
  }

  /**
   * One read: finds out whether a host has the port open, and keeps what it sent for the next look. Nothing is handed on from here,
   * since this also happens in the middle of an answer to earlier bytes.
   */
  private probe(): boolean {
    try {
      const length = readSync(this.master, this.buffer);
      if (length === 0) return false;
      this.incoming.push(Buffer.from(this.buffer.subarray(0, length)));
      this.setOpen(true);
      return true;
    } catch (error) {
      this.setOpen((error as NodeJS.ErrnoException).code === 'EAGAIN');
      return false;
    }
  }

  private setOpen(open: boolean): void {
    if (open === this.open) return;
    this.open = open;
    if (!open) {
      this.held = [];
      this.heldBytes = 0;
    }
  }

  private flush(): void {
    for (let next = this.held[0]; next !== undefined && !this.closed; next = this.held[0]) {
      let written: number;
      try {
        written = writeSync(this.master, next);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.setOpen(false);
        return;
      }
      this.heldBytes -= written;
      if (written < next.length) this.held[0] = next.subarray(written);
      else this.held.shift();
    }
  }
}
