// Reads records along a predicted layout. Records of one producer have the same keys in the same order, so the bytes
// between two values are compared as a whole with those of the previous record.

#ifndef CSCAN_LAYOUT_H
#define CSCAN_LAYOUT_H

#include "cscan.h"

#pragma clang assume_nonnull begin

/// The bytes between two values (comma, key, colon, blanks): a link of a chain. The fields used most are in its first
/// cache line if it is aligned to 64 bytes.
typedef struct cscan_separator {
  /// The first 32 bytes.
  uint8_t text[32];
  /// The separator that followed it last time.
  struct cscan_separator *next;
  /// A mask of the bytes of `text` that are unused, one bit each.
  uint32_t others;
  /// The length in bytes.
  uint16_t length;
  /// The index of the slot of the value after it; -1 if it has none.
  int16_t slot;
  /// The index of the role of the value after it.
  uint8_t role;
  /// Whether the value after it isn't needed.
  bool skipped;
  /// Fills the cache line.
  uint8_t unused[14];
  /// The bytes from the 33rd on.
  uint8_t rest[32];
  /// Makes the next separator begin a cache line, too.
  uint8_t unused_rest[32];
} cscan_separator;

/// The value of a field that the reader's plan names.
typedef struct cscan_slot {
  /// The value if `kind` is CSCAN_NUMBER.
  double number;
  /// The bytes between the quotes of a string, without escapes if `kind` is CSCAN_STRING; any other value as written.
  const uint8_t *_Nullable text;
  size_t text_count;
  uint8_t kind;
} cscan_slot;

/// `cscan_slot.kind`: no such field, a finite number, a number beyond a double's range, and the kinds that aren't
/// numbers. A raw string is one whose text nobody has looked at: it may have escapes, and needn't be UTF-8.
enum {
  CSCAN_ABSENT,
  CSCAN_NUMBER,
  CSCAN_OVERFLOW,
  CSCAN_STRING,
  CSCAN_RAW_STRING,
  CSCAN_BOOL,
  CSCAN_NULL,
  CSCAN_NESTED
};

/// The value of a field with a role.
typedef struct cscan_found {
  /// Where the value begins; null if the field is absent.
  const uint8_t *_Nullable place;
  /// The length of a string of printable ASCII without escapes; -1 for any other value.
  ptrdiff_t plain_length;
} cscan_found;

/// The position in a record.
typedef struct cscan_cursor {
  /// The next byte to read.
  const uint8_t *place;
  /// The last separator read.
  cscan_separator *separator;
  /// Whether the value after `separator` comes next; otherwise the separator after that value does.
  bool at_value;
} cscan_cursor;

/// Initialises a separator of `length` bytes, at most 64. An empty one predicts nothing.
void cscan_separator_init(cscan_separator *s, cscan_separator *next, const uint8_t *_Nullable text, size_t length);

/// Whether the text continues with this separator. Both must be padded.
static inline bool cscan_follows(const uint8_t *p, const cscan_separator *s) {
#if defined(__SSE2__)
  const __m128i low = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)p), _mm_loadu_si128((const __m128i *)s->text));
  const __m128i high =
      _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(p + 16)), _mm_loadu_si128((const __m128i *)(s->text + 16)));
  const uint32_t same = (uint32_t)_mm_movemask_epi8(low) | (uint32_t)_mm_movemask_epi8(high) << 16;
  if ((same | s->others) != UINT32_MAX) return false;
#else
  if (s->length == 0 || memcmp(p, s->text, s->length < 32 ? s->length : 32) != 0) return false;
#endif
  return s->length <= 32 || memcmp(p + 32, s->rest, s->length - 32u) == 0;
}

/// Reads on while each separator is the one that followed its predecessor last time, and its value is a short number or
/// a string without escapes (of printable ASCII, unless it is skipped). Stores the values that are needed; the last
/// value of a repeated name wins.
void cscan_follow(cscan_cursor *cursor, cscan_slot *slots, cscan_found *found);

#pragma clang assume_nonnull end

#endif
