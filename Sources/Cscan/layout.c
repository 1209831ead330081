#include "cscan_layout.h"

void cscan_separator_init(cscan_separator *s, cscan_separator *next, const uint8_t *text, size_t length) {
  memset(s, 0, sizeof *s);
  if (length > 0) memcpy(s->text, text, length < 32 ? length : 32);
  if (length > 32) memcpy(s->rest, text + 32, length - 32);
  s->next = next;
  s->length = (uint16_t)length;
  // For an empty separator all 32 bytes are compared, with zeros. It matches only padding, where no value follows.
  s->others = length > 0 && length < 32 ? UINT32_MAX << length : 0;
}

// Newer processors shift and count bits in one instruction instead of three. The choice is made when the program is
// loaded, before ThreadSanitizer is initialised, so it is left out there.
#if defined(__x86_64__) && defined(__linux__) && !__has_feature(thread_sanitizer)
__attribute__((target_clones("arch=haswell", "default")))
#endif
void cscan_follow(cscan_cursor *cursor, cscan_slot *slots, cscan_found *found) {
  const uint8_t *p = cursor->place;
  cscan_separator *last = cursor->separator;
  for (;;) {
    cscan_separator *s = last->next;
    if (!cscan_follows(p, s)) {
      cursor->place = p;
      cursor->separator = last;
      cursor->at_value = false;
      return;
    }
    const uint8_t *value = p + s->length;
    if (*value == '"') {
      const size_t length = s->skipped ? cscan_string_end(value + 1) : cscan_plain_end(value + 1);
      p = value + length + 2;
      if (p[-1] != '"') goto unusual;
      if (!s->skipped) {
        found[s->role] = (cscan_found){value, (ptrdiff_t)length};
        if (s->slot >= 0) slots[s->slot] = (cscan_slot){0, value + 1, length, CSCAN_STRING};
      }
    } else if (s->slot >= 0) {
      double number;
      const size_t length = cscan_short_number(value, &number);
      if (length == 0) goto unusual;
      slots[s->slot] = (cscan_slot){number, value, length, CSCAN_NUMBER};
      found[s->role] = (cscan_found){value, -1};
      p = value + length;
    } else {
      const size_t length = cscan_short_number_end(value);
      if (length == 0) goto unusual;
      found[s->role] = (cscan_found){value, -1};
      p = value + length;
    }
    last = s;
    continue;

  unusual:
    cursor->place = value;
    cursor->separator = s;
    cursor->at_value = true;
    return;
  }
}
