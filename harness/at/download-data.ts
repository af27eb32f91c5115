/** Finds the end of a download: raw bytes that may hold anything, then `+QFDWL: <size>,<checksum>` that tells how many they were. */
export class DownloadData {
  #text = '';
  #searched = 0;
  #size: number | undefined;

  /** Takes what came; returns what follows the data (from `+QFDWL:` on), or an empty string while the end has not come. */
  take(text: string): string {
    this.#text += text;
    const trailer = /\+QFDWL: ?(\d{1,10}),/g;
    trailer.lastIndex = this.#searched;
    for (let match = trailer.exec(this.#text); match !== null; match = trailer.exec(this.#text)) {
      const size = Number(match[1]);
      // Only the size tells the trailer from the same words inside of the data.
      if (size <= match.index && /^[\r\n]{0,4}$/.test(this.#text.slice(size, match.index))) return this.#end(size, match.index);
    }
    this.#searched = Math.max(0, this.#text.length - 24);
    return '';
  }

  /** Nothing more comes. What looks like the end, although the size is another, is taken for it; the caller compares sizes. */
  giveUp(): string {
    const match = /[\r\n]{1,4}(?:\+QFDWL: ?\d{1,10},[0-9a-fA-F]*[\r\n]+OK|ERROR|\+CM[ES] ERROR: ?[^\r\n]{0,40})[\r\n]*$/.exec(
      this.#text.slice(-200),
    );
    if (match === null) {
      this.#size = this.#text.length;
      return '';
    }
    const at = Math.max(0, this.#text.length - 200) + match.index;
    return this.#end(at, at);
  }

  get length(): number {
    return this.#text.length;
  }

  get data(): Buffer {
    return Buffer.from(this.#text.slice(0, this.#size ?? 0), 'latin1');
  }

  #end(size: number, trailer: number): string {
    this.#size = size;
    return this.#text.slice(trailer);
  }
}
