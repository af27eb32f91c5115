import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.js';
import type { ArmedFault } from './fault.js';

/** Bytes written at a time: small enough that what was sent is known to some kilobytes. */
const pieceSize = 16 * 1024;
/** ms without a byte taken after which the client counts as gone. */
const patience = 120_000;
/** Pieces a second of a slowed transfer. */
const slowPieces = 10;

/**
 * How a transfer ended.
 *
 * - `done`: everything that was asked for was handed over
 * - `cut`: a fault withholds the rest, and the connection is to be closed in good order
 * - `reset`, `gone`: a fault breaks the connection, or every connection
 * - `lost`: the client left or stopped taking bytes
 * - `withdrawn`: the publication was taken back meanwhile
 * - `unreadable`: our own file could not be read
 */
export type TransferEnd = 'done' | 'cut' | 'reset' | 'gone' | 'lost' | 'withdrawn' | 'unreadable';

export interface Transfer {
  /** The file's bytes from `start`. */
  readonly source: AsyncIterable<Buffer>;
  readonly start: number;
  /** Size of the whole file. */
  readonly size: number;
  /** Hands bytes to the network; calls back when the system has them. */
  write(piece: Buffer, callback: (error?: Error | null) => void): void;
  /** The connection that carries them. */
  readonly socket: Socket;
  readonly fault: ArmedFault | undefined;
  readonly onSent: ((sent: number, size: number) => void) | undefined;
  /** Fires when the publication is withdrawn. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Which request this is, for the journal. */
  readonly label: string;
}

export interface Transferred {
  readonly end: TransferEnd;
  /** Bytes handed to the network. */
  readonly sent: number;
  /** SHA-256 of what was handed out from the first byte on: the file may have changed on disk since it was published. */
  readonly sha256?: string;
}

/** Sends a file, with the fault on it if there is one. Never rejects. */
export async function transfer(job: Transfer): Promise<Transferred> {
  const { fault, start, size } = job;
  const state = { position: start, end: undefined as TransferEnd | undefined };
  const cutAt = fault?.cutAt;
  const pace = fault?.name === 'slow' ? slowly(job, fault) : undefined;
  const hash = start === 0 ? createHash('sha256') : undefined;
  const finish = (end: TransferEnd): Transferred => ({
    end,
    sent: state.position - start,
    ...(hash === undefined || end !== 'done' ? {} : { sha256: hash.digest('hex') }),
  });

  try {
    for await (const chunk of job.source) {
      const bytes = fault?.name === 'corrupt' ? corrupted(chunk, state.position, fault, job.label) : chunk;
      const usable = cutAt === undefined ? bytes : bytes.subarray(0, Math.max(0, cutAt - state.position));
      for (let at = 0; at < usable.length;) {
        const lost = fault?.losesLinkAt;
        if (lost !== undefined && lost <= state.position) {
          const broken = await outage(job, fault as ArmedFault, state.position);
          if (broken !== undefined) return finish(broken);
        }
        const room = lost !== undefined && lost > state.position ? lost - state.position : pieceSize;
        const piece = usable.subarray(at, at + Math.min(pace?.piece ?? pieceSize, room));
        // Waiting comes first: after the last byte an HTTP client has all and may leave.
        const broken = (await pace?.wait(piece.length)) ?? (await handOver(job, piece));
        if (broken !== undefined) return finish(broken);
        hash?.update(piece);
        at += piece.length;
        state.position += piece.length;
        job.onSent?.(state.position, size);
      }
      if (usable.length < bytes.length) return finish(await strike(job, state.position));
    }
  } catch {
    return finish(stopped(job) ?? 'unreadable');
  }
  const atEnd = cutAt !== undefined && cutAt >= size && state.position >= size;
  return finish(atEnd ? await strike(job, state.position) : 'done');
}

function corrupted(chunk: Buffer, position: number, fault: ArmedFault, label: string): Buffer {
  const at = fault.offset - position;
  if (at < 0 || at >= chunk.length) return chunk;
  const copy = Buffer.from(chunk);
  copy.writeUInt8(copy.readUInt8(at) ^ fault.mask, at);
  fault.struck(`${label}: byte ${String(fault.offset)} XOR 0x${fault.mask.toString(16).padStart(2, '0')}`);
  return copy;
}

async function strike(job: Transfer, position: number): Promise<TransferEnd> {
  const { fault, label, size } = job;
  fault?.struck(`${label}: after byte ${String(position)} of ${String(size)}`);
  switch (fault?.name) {
    case 'truncate':
      return 'cut';
    case 'reset':
      return 'reset';
    case 'server-gone':
      return 'gone';
    default:
      // A stall lasts until somebody gives up: the client, or whoever published the package.
      return (await until(job, undefined)) ?? 'lost';
  }
}

/** The link is lost and comes back; undefined when the transfer can go on then, or what ended it meanwhile. */
async function outage(job: Transfer, fault: ArmedFault, position: number): Promise<TransferEnd | undefined> {
  fault.loseLink(
    `${job.label}: after byte ${String(position)} of ${String(job.size)}, for ${(fault.outage / 1000).toFixed(1)} s`,
  );
  const cancel = job.clock.after(fault.outage, () => {
    fault.restoreLink();
  });
  const back = fault.linkIsBack;
  void back?.then(cancel);
  return until(job, undefined, (done) => {
    void back?.then(() => {
      done(stopped(job));
    });
  });
}

/** Resolves undefined when the system has the bytes, or what kept it from it. */
async function handOver(job: Transfer, piece: Buffer): Promise<TransferEnd | undefined> {
  return until(job, patience, (done) => {
    job.write(piece, (error) => {
      // Without an error the system has it, even if the client has left by now: with everything it wanted, perhaps.
      done(error === undefined || error === null ? undefined : 'lost');
    });
  });
}

function slowly(job: Transfer, fault: ArmedFault) {
  const begun = job.clock.now();
  let total = 0;
  fault.struck(`${job.label}: ${String(fault.rate / 1000)} kB/s`);
  return {
    piece: Math.max(1, Math.min(pieceSize, Math.floor(fault.rate / slowPieces))),
    async wait(length: number): Promise<TransferEnd | undefined> {
      const due = begun + (total / fault.rate) * 1000 - job.clock.now();
      total += length;
      if (due <= 0) return undefined;
      return until(job, undefined, (done) =>
        job.clock.after(due, () => {
          done(stopped(job));
        }),
      );
    },
  };
}

function stopped(job: Transfer): TransferEnd | undefined {
  if (job.signal.aborted) return 'withdrawn';
  return job.socket.destroyed ? 'lost' : undefined;
}

/** Waits for what `begin` starts, the client's leaving, the withdrawal, or `limit` ms. `begin` may return how to call it off. */
function until(
  job: Transfer,
  limit: number | undefined,
  begin?: (done: (end: TransferEnd | undefined) => void) => void | (() => void),
): Promise<TransferEnd | undefined> {
  const now = stopped(job);
  if (now !== undefined) return Promise.resolve(now);
  return new Promise((resolve) => {
    const settle = (end: TransferEnd | undefined): void => {
      job.socket.off('close', onClose);
      job.signal.removeEventListener('abort', onAbort);
      cancelLimit?.();
      cancel?.();
      resolve(end);
    };
    const onClose = (): void => {
      settle('lost');
    };
    const onAbort = (): void => {
      settle('withdrawn');
    };
    job.socket.once('close', onClose);
    job.signal.addEventListener('abort', onAbort, { once: true });
    const cancelLimit = limit === undefined ? undefined : job.clock.after(limit, onClose);
    const cancel = begin?.(settle);
  });
}
