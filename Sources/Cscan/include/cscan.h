// Primitives of a JSON scanner that look at 16 bytes at once: with SSE2 where available, in plain C elsewhere.
//
// Every function reads whole blocks, so CSCAN_PADDING zero bytes must follow the text. A zero ends every search, so
// none runs past the text.

#ifndef CSCAN_H
#define CSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#pragma clang assume_nonnull begin

/// The number of zero bytes that must follow a text.
#define CSCAN_PADDING 64

/// The distance to the first quote, backslash or control character.
static inline size_t cscan_string_end(const uint8_t *p) {
  const uint8_t *start = p;
#if defined(__SSE2__)
  for (;;) {
    __m128i x = _mm_loadu_si128((const __m128i *)p);
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x1f)), x);
    __m128i quote = _mm_cmpeq_epi8(x, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
    unsigned mask = (unsigned)_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash)));
    if (mask != 0) return (size_t)(p - start) + (size_t)__builtin_ctz(mask);
    p += 16;
  }
#else
  while (*p >= 0x20 && *p != '"' && *p != '\\') p++;
  return (size_t)(p - start);
#endif
}

/// The distance to the first byte that is a quote, a backslash or not printable ASCII.
static inline size_t cscan_plain_end(const uint8_t *p) {
  const uint8_t *start = p;
#if defined(__SSE2__)
  for (;;) {
    __m128i x = _mm_loadu_si128((const __m128i *)p);
    // Signed comparison: bytes from 0x80 on are below 0x20, too.
    __m128i odd = _mm_or_si128(_mm_cmplt_epi8(x, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(x, _mm_set1_epi8(0x7f)));
    __m128i quote = _mm_cmpeq_epi8(x, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
    unsigned mask = (unsigned)_mm_movemask_epi8(_mm_or_si128(odd, _mm_or_si128(quote, backslash)));
    if (mask != 0) return (size_t)(p - start) + (size_t)__builtin_ctz(mask);
    p += 16;
  }
#else
  while (*p >= 0x20 && *p < 0x7f && *p != '"' && *p != '\\') p++;
  return (size_t)(p - start);
#endif
}

/// A mask of the next 16 bytes that aren't digits, one bit each; bit 16 is always set.
static inline uint32_t cscan_nondigits(const uint8_t *p) {
#if defined(__SSE2__)
  __m128i x = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)p), _mm_set1_epi8('0'));
  __m128i digits = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(9)), x);
  return ~(uint32_t)_mm_movemask_epi8(digits) & 0x1ffff;
#else
  uint32_t mask = 0x10000;
  for (int i = 0; i < 16; i++) mask |= (uint32_t)((uint8_t)(p[i] - '0') > 9) << i;
  return mask;
#endif
}

/// The next 8 bytes as a number, the first byte lowest.
static inline uint64_t cscan_word(const uint8_t *p) {
  uint64_t word;
  memcpy(&word, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

/// The decimal number that the eight bytes of a word spell, with the first (lowest) byte as the highest digit. Zero
/// bytes count as leading zeros.
static inline uint64_t cscan_spelled(uint64_t word) {
  word &= 0x0f0f0f0f0f0f0f0fu;
  word = (word * 10) + (word >> 8);
  return (((word & 0x000000ff000000ffu) * 0x000f424000000064u) +
          (((word >> 16) & 0x000000ff000000ffu) * 0x0000271000000001u)) >> 32;
}

/// The number that the first `count` (1 to 8) bytes of a word spell. All of them must be digits.
static inline uint64_t cscan_digits(uint64_t word, size_t count) { return cscan_spelled(word << (64 - 8 * count)); }

/// 10 to the power of `exponent`, 0 to 22: the powers that a double holds exactly.
static inline double cscan_power(size_t exponent) {
  static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  return powers[exponent];
}

/// The length of the number at `p` if it has no sign, no exponent, and at most 15 bytes; 0 for any other number, and if
/// there is no number.
static inline size_t cscan_short_number_end(const uint8_t *p) {
  const uint32_t mask = cscan_nondigits(p);
  const size_t whole = (size_t)__builtin_ctz(mask);
  // One comparison instead of two branches, because whether a number has one digit before its point is unpredictable.
  const bool has_leading_zero = (p[0] == '0') & (whole > 1);
  size_t length = whole;
  if (p[whole] == '.') {
    length = (size_t)__builtin_ctz((mask & (mask - 1)) | 0x20000);
    if (length < whole + 2) return 0;
  }
  if (has_leading_zero | (whole == 0) | (length > 15) | ((p[length] | 0x20) == 'e')) return 0;
  return length;
}

/// Parses the usual kind of number at `p`: no sign, no exponent, and at most 8 bytes with its point. Stores its value
/// and returns its length; returns 0 for any other number, and if there is no number.
///
/// A double holds both the digits and the power of ten exactly, so their quotient is rounded once (Clinger 1990).
static inline size_t cscan_short_number(const uint8_t *p, double *value) {
  const uint64_t word = cscan_word(p);
  const uint32_t mask = cscan_nondigits(p);
  const size_t whole = (size_t)__builtin_ctz(mask);
  // One comparison instead of two branches, because whether a number has one digit before its point is unpredictable.
  const bool has_leading_zero = ((word & 0xff) == '0') & (whole > 1);
  size_t length = whole;
  uint64_t digits;
  double divisor = 1;
  if (p[whole] == '.') {
    length = (size_t)__builtin_ctz((mask & (mask - 1)) | 0x20000);
    if (length > 8 || length < whole + 2) return 0;
    // Shift the last digit to the top, and close the gap of the point.
    const uint64_t top = word << (64 - 8 * length);
    const uint64_t fraction = UINT64_MAX << (64 - 8 * (length - whole - 1));
    digits = (top & fraction) | ((top << 8) & ~fraction);
    divisor = cscan_power(length - whole - 1);
  } else {
    if (whole - 1 > 7) return 0;
    digits = word << (64 - 8 * whole);
  }
  if (has_leading_zero | (whole == 0) | ((p[length] | 0x20) == 'e')) return 0;
  *value = (double)(int64_t)cscan_spelled(digits) / divisor;
  return length;
}

/// strtod(3) with a point as the decimal point, whatever the process's locale. The byte after the number must not be
/// part of a number.
double cscan_strtod(const uint8_t *p);

#pragma clang assume_nonnull end

#endif
