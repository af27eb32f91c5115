/** http-server has no declarations of its own; this is what is used of it (14.1). */
declare module 'http-server' {
  import type { Server } from 'node:http';

  export interface HttpServerOptions {
    root: string;
    /** -1: clients are told not to keep anything. */
    cache?: number;
    /** `'false'`, as text, turns it off. */
    showDir?: 'true' | 'false';
    autoIndex?: 'true' | 'false';
    showDotfiles?: boolean;
    gzip?: boolean;
    brotli?: boolean;
    cors?: boolean;
  }
  export interface HttpServer {
    readonly server: Server;
    listen(path: string, ready: () => void): void;
    close(): void;
  }
  export function createServer(options: HttpServerOptions): HttpServer;
}
