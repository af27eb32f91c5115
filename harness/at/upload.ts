import type { LineStream } from '../line/types.js';
import type { Exchange } from './exchange.js';

/** Bytes per `A` in ack mode (file commands of the EC25: one `A` per 1,024 bytes). */
const ackBlock = 1024;
/** Without acks: enough to keep the line busy, little enough to notice progress at 115,200 baud within a second. */
const block = 8192;

/** Sends the raw bytes after CONNECT, as fast as the line or the module's acknowledgements take them. Never rejects. */
export async function sendData(exchange: Exchange, stream: LineStream, data: Buffer, ackMode: boolean): Promise<void> {
  const size = ackMode ? ackBlock : block;
  exchange.acknowledging = ackMode;
  for (let at = 0; at < data.length && !exchange.settled; at += size) {
    const bytes = data.subarray(at, at + size);
    // The last block may be shorter than what the module acknowledges.
    if (ackMode && bytes.length === ackBlock) exchange.unacknowledged += 1;
    exchange.sendingBlock = true;
    try {
      await stream.write(bytes, { journal: 'digest' });
    } catch {
      // Lost: that settles the exchange.
      return;
    } finally {
      exchange.sendingBlock = false;
    }
    exchange.progress();
    if (at + size < data.length) await exchange.allAcknowledged();
  }
}
