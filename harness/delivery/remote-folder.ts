/** A folder on a server that is not ours, as this host reaches it. */
export interface RemoteFolder {
  /** Puts the file there under that name, whatever was there. Rejects with an Error that says what went wrong. */
  put(file: string, name: string, limits: TransferLimits): Promise<void>;
  /** Hands out the file's bytes as they come; `onBytes` may throw to stop it. */
  fetch(name: string, onBytes: (bytes: Buffer) => void, limits: TransferLimits): Promise<void>;
  remove(name: string, limits: TransferLimits): Promise<void>;
}

export interface TransferLimits {
  /** ms without a byte after which a server is taken for dead. */
  readonly idle: number;
  /** Breaks a transfer off. */
  readonly signal: AbortSignal;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}
