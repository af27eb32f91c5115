import type { EventEmitter } from 'node:events';
import { readSync, writeSync } from 'node:fs';
import { SerialPort } from 'serialport';
import { hasCode, messageOf } from '../base/errors.js';

/**
 * One opening of a serial device: serialport opens, configures, locks, watches and closes it; reading and writing is done here,
 * at once when the descriptor is ready. The reasons, all seen with serialport 13 on Linux:
 * - its stream retries a read of 0 bytes for ever, so a device that leaves while data streams burns a core and never closes;
 * - its reads run on the thread pool: a descriptor closed meanwhile and used again elsewhere would lose bytes to us;
 * - waiting for room to write stops the wait for data, so an upload to a module that echoes can stand still;
 * - closing with unsent output takes 30 s, so what is unsent is thrown away first.
 * What stays: its poller holds its own callback, so each opening keeps 0.7 kB for as long as the process lives. It must not be helped to its end: its
 * destructor would take the next device's descriptor, which has the same number, out of the event loop.
 */
export interface DeviceEvents {
  /** Called in the tick in which the bytes were read. */
  data(chunk: Buffer): void;
  /** The device left; called once, after the last data. */
  lost(why: string): void;
}

/** What serialport's Linux binding gives: a non-blocking descriptor and a poller for it. */
interface Binding {
  readonly fd: number | null;
  readonly poller: EventEmitter & { poll(flags: number): void; stop(): void };
  flush(): Promise<void>;
  close(): Promise<void>;
}

const readable = 1;
const writable = 2;
/** Reads in one turn of the event loop, so that a flood on one line does not starve the others. */
const readsInOneTurn = 16;
/** Reads of what is left when the device goes: 1 MiB. */
const lastReads = 256;
/** Chunks are cut from one block after the other: copying each out of a fixed one takes as long as the read itself. */
const blockSize = 64 * 1024;
/** A block with less room than this is done with; more than a terminal gives in one read. */
const leastRoom = 8 * 1024;
let block = Buffer.allocUnsafeSlow(blockSize);
let used = 0;

interface Write {
  readonly bytes: Buffer;
  offset: number;
  resolve(): void;
  reject(why: Error): void;
}

/** Opens and locks the device; rejects with serialport's error, see `openFailure`. */
export async function openSerialDevice(device: string, baudRate: number): Promise<SerialDevice> {
  return new SerialDevice(await openBinding(device, baudRate));
}

async function openBinding(path: string, baudRate: number): Promise<Binding> {
  const open = async (rate: number): Promise<Binding> =>
    bindingOf(await SerialPort.binding.open({ path, baudRate: rate, lock: true }));
  // For the rates in its table serialport throws away what has arrived, which is the first URCs after a reboot. One baud less is
  // not in the table; it is within 0.1 % even at 1200, where a UART allows 2 %.
  try {
    return await open(baudRate - 1);
  } catch (error) {
    if (!/baud|termios2/i.test(messageOf(error))) throw error;
    return open(baudRate);
  }
}

function bindingOf(port: unknown): Binding {
  if (typeof port === 'object' && port !== null && 'fd' in port && 'poller' in port) return port as Binding;
  throw new Error(`serial lines need Linux, not ${process.platform}`);
}

export class SerialDevice {
  readonly #binding: Binding;
  readonly #writes: Write[] = [];
  readonly #fd: number;
  #events: DeviceEvents | undefined;
  #released: Promise<void> | undefined;

  constructor(binding: Binding) {
    this.#binding = binding;
    this.#fd = binding.fd ?? -1;
  }

  /** The descriptor, to ask the file system what it leads to. */
  get descriptor(): number {
    return this.#fd;
  }

  get open(): boolean {
    return this.#released === undefined;
  }

  /** Begins to read. */
  start(events: DeviceEvents): void {
    this.#events = events;
    this.#binding.poller.on('readable', (error: unknown) => {
      if (!this.open) return;
      // An error of the poll is a hang-up; the read says which, after the last bytes.
      const outcome = this.#read(error === null ? readsInOneTurn : lastReads);
      if (outcome !== undefined) this.#fail(outcome);
      else if (error !== null) this.#fail('hung up');
      else this.#wait();
    });
    this.#binding.poller.on('writable', (error: unknown) => {
      if (this.open && error === null) this.#write();
    });
    this.#wait();
  }

  /** Resolves when the operating system has all bytes; rejects when the device is lost or closed before. */
  write(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.open) {
        reject(new Error('closed'));
        return;
      }
      this.#writes.push({ bytes, offset: 0, resolve, reject });
      if (this.#writes.length === 1) this.#write();
    });
  }

  /** Reads what is already there, for the last time before `release`. */
  drain(): void {
    if (this.open) this.#read(lastReads);
  }

  /** Gives the device back; what is unsent is thrown away. Resolves when the descriptor is closed; never rejects. */
  release(why = 'closed'): Promise<void> {
    this.#released ??= this.#close(why);
    return this.#released;
  }

  async #close(why: string): Promise<void> {
    const binding = this.#binding;
    binding.poller.removeAllListeners();
    try {
      binding.poller.stop();
    } catch {
      // A poll that has failed is stopped already.
    }
    for (const write of this.#writes.splice(0)) write.reject(new Error(why));
    // Both fail with EIO on a device that has left, and do their work all the same.
    await binding.flush().catch(() => undefined);
    await binding.close().catch(() => undefined);
  }

  /** Reads until nothing is left, `most` times at most; returns why the device is lost, if it is. */
  #read(most: number): string | undefined {
    for (let count = 0; count < most && this.open; count += 1) {
      let size: number;
      try {
        size = readSync(this.#fd, block, used, block.length - used, null);
      } catch (error) {
        if (hasCode(error, 'EAGAIN')) return undefined;
        if (hasCode(error, 'EINTR')) continue;
        return messageOf(error);
      }
      if (size === 0) return 'hung up';
      this.#events?.data(taken(size));
    }
    return undefined;
  }

  #write(): void {
    for (let write = this.#writes[0]; write !== undefined && this.open; write = this.#writes[0]) {
      try {
        write.offset += writeSync(this.#fd, write.bytes, write.offset);
      } catch (error) {
        if (hasCode(error, 'EINTR')) continue;
        if (hasCode(error, 'EAGAIN')) break;
        // Not now: whoever writes must see its promise fail, not have the line end under its feet.
        const why = messageOf(error);
        setImmediate(() => {
          this.#fail(why);
        });
        return;
      }
      if (write.offset === write.bytes.length) {
        this.#writes.shift();
        write.resolve();
      }
    }
    this.#wait();
  }

  #wait(): void {
    if (!this.open || this.#events === undefined) return;
    try {
      this.#binding.poller.poll(readable | (this.#writes.length > 0 ? writable : 0));
    } catch (error) {
      const why = messageOf(error);
      setImmediate(() => {
        this.#fail(why);
      });
    }
  }

  #fail(why: string): void {
    if (!this.open) return;
    this.#read(lastReads);
    if (!this.open) return;
    void this.release(why);
    this.#events?.lost(why);
  }
}

/** What was just read into the block, which nobody writes to again. */
function taken(size: number): Buffer {
  const chunk = block.subarray(used, used + size);
  used += size;
  if (blockSize - used < leastRoom) {
    block = Buffer.allocUnsafeSlow(blockSize);
    used = 0;
  }
  return chunk;
}
