import Cglibc

/// Reduces the memory that this process holds beyond its working data.
public enum ProcessMemory {
  /// Makes all threads share one heap instead of one each; for a process whose threads allocate little. Call it before
  /// a second thread exists.
  public static func useOneHeap() { statusd_malloc_limits(1, 64 * 1024) }

  /// Returns memory to the kernel that only the start needed: free heap, and pages of code and constants. A page that
  /// is needed again costs a minor fault while the file is in the page cache.
  public static func forgetStart() {
    statusd_malloc_trim()
    statusd_forget_read_only_pages()
  }
}
