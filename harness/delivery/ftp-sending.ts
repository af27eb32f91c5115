import { EventEmitter } from 'node:events';
import { createReadStream } from 'node:fs';
import { acknowledged } from './acknowledged.js';
import type { DeliveryContext } from './context.js';
import type { FtpData } from './ftp-data.js';
import { reset } from './reset.js';
import { FtpRefusal } from './ftp-inside.js';
import type { Gate } from './gate.js';
import type { Published } from './shelf.js';
import { transfer, type TransferEnd } from './transfer.js';

/** A transfer as the journal tells of it, once all is known. */
export interface FtpSent {
  readonly size: number;
  readonly sent: number;
  readonly whole: boolean;
  readonly sha256?: string;
}

export interface FtpSendingParts {
  readonly context: DeliveryContext;
  readonly gate: Gate;
  readonly data: FtpData;
  readonly published: Published;
  readonly start: number;
  readonly label: string;
  /** Told once, after the last byte's fate is known. */
  readonly finished: (sent: FtpSent) => Promise<void>;
}

/**
 * Sends one file over the data connection. To ftp-srv it looks like a stream that is read through: `end` makes it answer 226,
 * `error` makes it give up. The bytes go past it, so that they can be counted, paced and spoilt.
 */
export class FtpSending extends EventEmitter {
  #begun = false;

  constructor(private readonly parts: FtpSendingParts) {
    super();
  }

  /** Called by ftp-srv after its 150. */
  resume(): this {
    if (!this.#begun) {
      this.#begun = true;
      this.parts.published.track(this.#run());
    }
    return this;
  }

  pause(): this {
    return this;
  }

  destroy(): void {
    // What ends a transfer is known here first; ftp-srv has nothing to add.
  }

  async #run(): Promise<void> {
    const { context, data, published, start, label, finished } = this.parts;
    const { socket } = data;
    if (socket === undefined) {
      this.emit('error', new FtpRefusal(426, 'The data connection is gone'));
      await finished({ size: published.size, sent: 0, whole: false });
      return;
    }
    const { end, ...told } = await transfer({
      source: createReadStream(published.stored, { start }),
      start,
      size: published.size,
      write: (piece, callback) => socket.write(piece, callback),
      socket,
      fault: published.fault,
      onSent: published.onSent,
      signal: published.signal,
      clock: context.clock,
      label,
    });
    if (end === 'done' || end === 'cut') {
      socket.end();
      this.emit('end');
      const taken = await acknowledged(socket, context.clock, published.signal);
      await finished({ size: published.size, ...told, whole: end === 'done' && taken });
      return;
    }
    await this.#breakOff(end, socket);
    this.emit('error', new FtpRefusal(end === 'unreadable' ? 451 : 426, 'Transfer broken off'));
    await finished({ size: published.size, ...told, whole: false });
  }

  async #breakOff(end: TransferEnd, socket: NonNullable<FtpData['socket']>): Promise<void> {
    const { context, gate, published } = this.parts;
    // First what was sent must arrive: a reset throws away what still waits in the kernel.
    if (end === 'reset' || end === 'gone') await acknowledged(socket, context.clock, published.signal);
    if (end === 'gone' && published.fault !== undefined) gate.vanish(published.fault);
    reset(socket);
  }
}
