import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { promisify } from 'node:util';

const FLAGS = constants.O_NOCTTY | constants.O_NONBLOCK;
/** Milliseconds between two tries to write on while the port is full. */
const AGAIN_MS = 2;
/** Bytes held for a host that does not read; more is lost. */
const HELD_MAX = 1 << 20;

/**
 * Raw, and without waiting at its close for what a host does not read. It starts with echo and line editing, so the host's first
 * bytes would come back to it. Stays so until the machine's end, also over a hang-up.
 */
export async function makeRaw(device: string): Promise<void> {
  await promisify(execFile)('stty', ['-F', device, 'raw', '-echo', 'clocal']);
}

/** The module's end of a kernel serial port while it is open. */
export class TtyEnd {
  private readonly fd: number;
  private readonly readFd: number;
  private readonly stream: ReadStream;
  private held: Buffer[] = [];
  private heldBytes = 0;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(device: string, onData: (data: Buffer) => void) {
    this.fd = openSync(device, constants.O_WRONLY | FLAGS);
    this.readFd = openSync(device, constants.O_RDONLY | FLAGS);
    this.stream = new ReadStream(this.readFd);
    this.stream.on('data', (data: Buffer) => {
      if (!this.closed) onData(data);
    });
    // The kernel hangs the port up when it leaves the bus; whoever made it leave closes it here.
    this.stream.on('error', () => undefined);
  }

  /** The kernel takes what there is room for, whether or not a host has its end open. */
  write(data: Buffer): boolean {
    if (this.closed || this.heldBytes + data.length > HELD_MAX) return false;
    this.held.push(data);
    this.heldBytes += data.length;
    if (this.timer === undefined) this.flush();
    return true;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.timer);
    this.held = [];
    this.stream.destroy();
    // The stream reads from a descriptor of its own. Any that stays open keeps what was written for the next host.
    for (const fd of [this.readFd, this.fd]) closeSync(fd);
  }

  private flush(): void {
    this.timer = undefined;
    for (let next = this.held[0]; next !== undefined; next = this.held[0]) {
      let written = 0;
      try {
        written = writeSync(this.fd, next);
      } catch (error) {
        // Hung up: nothing will ever be read.
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      }
      this.heldBytes -= written;
      if (written === next.length) this.held.shift();
      else {
        this.held[0] = next.subarray(written);
        this.timer = setTimeout(() => this.flush(), AGAIN_MS);
        return;
      }
    }
  }
}
