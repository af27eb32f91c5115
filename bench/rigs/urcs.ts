import type { JournalEvent } from '../../harness/journal/events.js';
import { readWritten } from './cut-latency.js';

/** Reports of the upgrade, as a module writes them; what else comes over a line may be an answer. */
const report = /\+QIND: "FOTA"[^\r\n]*/g;

export interface Heard {
  /** Reports that the module wrote while somebody had its port open. */
  readonly written: number;
  /** Of these, in the journal. */
  readonly heard: number;
  /** Texts of those that are not, each once. */
  readonly missing: readonly string[];
}

/** Collects what came over each line of each rig, and holds it against what the modules say that they wrote. */
export class UrcCount {
  readonly #came = new Map<string, string>();
  readonly #heard = new Map<string, Map<string, number>>();

  take(event: JournalEvent): void {
    if (event.type !== 'line.rx') return;
    const key = `${event.rig ?? ''} ${event.line}`;
    const text = (this.#came.get(key) ?? '') + event.data;
    // The last line may go on in the next chunk.
    const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1;
    this.#came.set(key, text.slice(end).slice(-1000));
    const counts = this.#heard.get(key) ?? new Map<string, number>();
    this.#heard.set(key, counts);
    for (const [found] of text.slice(0, end).matchAll(report)) counts.set(found, (counts.get(found) ?? 0) + 1);
  }

  /** `file`: what `dfota sim run --written` left. */
  of(rig: string, file: string): Heard {
    const wrote = new Map<string, number>();
    for (const { port, text, reached } of readWritten(file)) {
      if (!reached || !text.startsWith('+QIND: "FOTA"')) continue;
      const key = `${port}\n${text}`;
      wrote.set(key, (wrote.get(key) ?? 0) + 1);
    }
    let [written, heard] = [0, 0];
    const missing = new Set<string>();
    for (const [key, count] of wrote) {
      const [port = '', text = ''] = key.split('\n');
      const came = Math.min(count, this.#heard.get(`${rig} ${port}`)?.get(text) ?? 0);
      written += count;
      heard += came;
      if (came < count) missing.add(`${port}: ${text}`);
    }
    return { written, heard, missing: [...missing] };
  }
}
