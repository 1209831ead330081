#ifndef STATUSD_CTOMLPLUSPLUS_H
#define STATUSD_CTOMLPLUSPLUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A narrow C face over toml++ (https://marzer.github.io/tomlplusplus/): a TOML 1.0 document as a flat list of nodes,
   each with the place of its key and of its value. Lines and columns count from 1, columns in code points. */

#ifdef __cplusplus
extern "C" {
#endif

/* What a node is. */
typedef enum {
  CTOML_TABLE,
  CTOML_ARRAY,
  CTOML_STRING,
  CTOML_INTEGER,
  CTOML_FLOAT,
  CTOML_BOOLEAN,
  CTOML_DATE_TIME
} ctoml_kind;

/* A place in the text. */
typedef struct {
  uint32_t line;
  uint32_t column;
} ctoml_position;

/* One node. The root table comes first, a parent before its children. Pointers live as long as the document. */
typedef struct {
  ctoml_kind kind;
  size_t parent;               /* index of the table or array that holds it; its own index for the root */
  const char *_Nullable key;   /* null for the root and for elements of arrays; may hold zero bytes */
  size_t key_length;
  ctoml_position key_position; /* of the value, where there is no key */
  ctoml_position position;     /* of a table that a header opens: the header */
  const char *_Nullable text;  /* a string's value; may hold zero bytes */
  size_t text_length;
  int64_t integer;
  double real;
  bool boolean;
} ctoml_node;

typedef struct ctoml_document ctoml_document;

/* Parses `length` bytes of UTF-8. Never null but when memory is out; free it with ctoml_free. A key has 16 parts at most,
   and values nest 16 deep: what is deeper is an error like any other. */
ctoml_document *_Nullable ctoml_parse(const char *_Nullable bytes, size_t length);
void ctoml_free(ctoml_document *_Nullable document);

/* The parser's own words where the text isn't TOML, else null. They can quote what stands in the text. */
const char *_Nullable ctoml_error(const ctoml_document *_Nonnull document);
/* Where the text stops being TOML. */
ctoml_position ctoml_error_position(const ctoml_document *_Nonnull document);

/* How many nodes there are: none after an error, else at least the root. */
size_t ctoml_count(const ctoml_document *_Nonnull document);
/* The node at `index`, which is below the count. */
ctoml_node ctoml_at(const ctoml_document *_Nonnull document, size_t index);

#ifdef __cplusplus
}
#endif

#endif
