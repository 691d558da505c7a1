/**
 * As `Promise.all`, but it settles after the last, also when one fails: whoever clears away what they wrote must come
 * after all of them.
 */
export async function allOf<T extends readonly unknown[] | []>(
  tasks: T,
): Promise<{ -readonly [Index in keyof T]: Awaited<T[Index]> }> {
  await Promise.allSettled(tasks);
  return Promise.all(tasks);
}
