/** Why a data directory cannot be used; the start ends with it. */
export class StoreError extends Error {
  override readonly name = 'StoreError';

  constructor(
    readonly code: 'in_use' | 'not_writable' | 'unreadable_file',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
