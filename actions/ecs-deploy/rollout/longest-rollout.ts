/**
 * No service deployment that still goes on began longer ago than this: longer than two of the
 * longest pauses, of 14 days (API reference, "TimeoutConfiguration").
 */
export const longestRolloutMs = 31 * 86_400_000;
