import type { Socket } from 'node:net';

/**
 * Breaks a connection so that the other side notices at once (TCP RST). One that is already being closed in good order is only
 * let go: Node.js would fail to reset it, and then neither close nor forget it.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
