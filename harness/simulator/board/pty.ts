import { execFile } from 'node:child_process';
import { closeSync, readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { EVENTS, Poller } from '@serialport/bindings-cpp/dist/poller';

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

/** Milliseconds between two looks at the other side while nobody has it open: the kernel tells only of one that is. */
const UNOPENED_MS = 12;
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
  private soon: NodeJS.Immediate | undefined;
  private readonly poller: Poller;
  private open = false;
  private closed = false;

  private constructor(
    private readonly master: number,
    /** The device a host opens. */
    readonly path: string,
  ) {
    this.poller = new Poller(master);
    for (const event of ['readable', 'writable'] as const) this.poller.on(event, () => this.look());
  }

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
    if (this.probe()) this.soon ??= setImmediate(() => this.look());
    if (!this.open) return false;
    if (this.heldBytes + data.length > HELD_MAX) return false;
    this.held.push(data);
    this.heldBytes += data.length;
    this.flush();
    if (this.heldBytes > 0) this.wait();
    return true;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.onData = undefined;
    clearTimeout(this.timer);
    clearImmediate(this.soon);
    this.poller.removeAllListeners();
    this.poller.stop();
    closeSync(this.master);
  }

  private look(): void {
    clearImmediate(this.soon);
    this.soon = undefined;
    for (let rounds = 0; rounds < ROUNDS && !this.closed; rounds++) {
      if (this.incoming.length === 0 && !this.probe()) break;
      const data = this.incoming.shift();
      if (data !== undefined) this.onData?.(data);
    }
    if (this.closed) return;
    this.flush();
    this.wait();
  }

  /** For what a host sends, or for room; while no host has the port open there is nothing to wait for but its coming. */
  private wait(): void {
    clearTimeout(this.timer);
    if (!this.open) this.timer = setTimeout(() => this.look(), UNOPENED_MS);
    else if (this.incoming.length > 0) this.soon ??= setImmediate(() => this.look());
    else this.poller.poll(EVENTS.UV_READABLE | (this.heldBytes > 0 ? EVENTS.UV_WRITABLE : 0));
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
