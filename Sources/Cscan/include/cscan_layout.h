// Reading along a guessed layout: records of one producer have the same keys in the same order, so that what stands
// between two values is compared as a whole with what stood there in the record before.

#ifndef CSCAN_LAYOUT_H
#define CSCAN_LAYOUT_H

#include "cscan.h"

#pragma clang assume_nonnull begin

/// The bytes between two values (comma, key, colon, blanks), as a reader has met them: a link of a chain. What is
/// mostly needed of it is one cache line, the first, if it is aligned to 64 bytes.
typedef struct cscan_separator {
  /// Its first 32 bytes.
  uint8_t text[32];
  /// What followed it the last time.
  struct cscan_separator *next;
  /// Which of these 32 bytes are none of it, one bit each.
  uint32_t others;
  /// How many bytes it has.
  uint16_t length;
  /// Where the value behind it belongs among the slots; -1: nowhere.
  int16_t slot;
  /// Where the value behind it belongs among the roles.
  uint8_t role;
  /// Nobody asks for the value.
  bool skipped;
  /// Up to the end of the cache line.
  uint8_t unused[14];
  /// Its other bytes.
  uint8_t rest[32];
  /// The next one begins a cache line, too.
  uint8_t unused_rest[32];
} cscan_separator;

/// What was found of a field that the reader's plan names.
typedef struct cscan_slot {
  /// Where `kind` is CSCAN_NUMBER.
  double number;
  /// Where `kind` is CSCAN_STRING: what stands between its quotes.
  const uint8_t *_Nullable text;
  size_t text_count;
  uint8_t kind;
} cscan_slot;

/// `cscan_slot.kind`: no such field, a finite number, one beyond a double's range, and what is no number.
enum { CSCAN_ABSENT, CSCAN_NUMBER, CSCAN_OVERFLOW, CSCAN_STRING, CSCAN_BOOL, CSCAN_NULL, CSCAN_NESTED };

/// What was found of a field with a role.
typedef struct cscan_found {
  /// Where its value begins; null: it is absent.
  const uint8_t *_Nullable place;
  /// Bytes of a string of printable ASCII without escapes; -1 for every other value.
  ptrdiff_t plain_length;
} cscan_found;

/// How far a record is read.
typedef struct cscan_cursor {
  /// What comes next.
  const uint8_t *place;
  /// The separator that was read last.
  cscan_separator *separator;
  /// The value behind that separator comes next, not the separator behind that value.
  bool at_value;
} cscan_cursor;

/// A separator of `length` bytes, at most 64. Without any it is no good guess anywhere.
void cscan_separator_init(cscan_separator *s, cscan_separator *next, const uint8_t *_Nullable text, size_t length);

/// Whether the text goes on with this separator. Both are padded.
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

/// Reads on from a separator as long as each is the one that followed its predecessor the last time, and its value is
/// a short number or a string without escapes (a plain one, where it is asked for). Notes what is asked for; the last
/// value of a name counts.
void cscan_follow(cscan_cursor *cursor, cscan_slot *slots, cscan_found *found);

#pragma clang assume_nonnull end

#endif
