import Cglibc

/// What this process keeps in memory beside what it works with.
public enum ProcessMemory {
  /// For a process whose threads allocate little: one heap for all of them, instead of one for each. To be called before
  /// there is a second thread.
  public static func useOneHeap() { statusd_malloc_limits(1, 64 * 1024) }

  /// Gives back what only the start needed: free heap, and the code and constants that were read once. A page that is
  /// needed again costs a minor fault, as long as the kernel has the file in its cache.
  public static func forgetStart() {
    statusd_malloc_trim()
    statusd_forget_read_only_pages()
  }
}
