#include "ctomlplusplus.h"

#include <new>
#include <string>
#include <vector>

// An error is a value here, and nothing is linked: the whole parser is in the headers. Values nest no deeper than a
// configuration needs, so that what walks and frees them by recursion stays within any thread's stack.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 16
#include <toml++/toml.h>

struct ctoml_document {
  toml::table root;
  std::vector<ctoml_node> nodes;
  std::string error;
  ctoml_position error_position{0, 0};
  bool failed = false;
};

namespace {

ctoml_position place(const toml::source_position &position) { return {position.line, position.column}; }

ctoml_kind kind_of(const toml::node &node) {
  switch (node.type()) {
  case toml::node_type::table: return CTOML_TABLE;
  case toml::node_type::array: return CTOML_ARRAY;
  case toml::node_type::string: return CTOML_STRING;
  case toml::node_type::integer: return CTOML_INTEGER;
  case toml::node_type::floating_point: return CTOML_FLOAT;
  case toml::node_type::boolean: return CTOML_BOOLEAN;
  default: return CTOML_DATE_TIME;
  }
}

void walk(ctoml_document &document, const toml::node &node, const toml::key *key, size_t parent) {
  ctoml_node out{};
  out.kind = kind_of(node);
  out.parent = parent;
  out.position = place(node.source().begin);
  out.key_position = out.position;
  if (key) {
    out.key = key->str().data();
    out.key_length = key->str().size();
    out.key_position = place(key->source().begin);
  }
  if (auto text = node.as_string()) {
    out.text = text->get().data();
    out.text_length = text->get().size();
  } else if (auto integer = node.as_integer()) {
    out.integer = integer->get();
  } else if (auto real = node.as_floating_point()) {
    out.real = real->get();
  } else if (auto boolean = node.as_boolean()) {
    out.boolean = boolean->get();
  }
  const size_t self = document.nodes.size();
  document.nodes.push_back(out);
  if (auto table = node.as_table()) {
    for (auto &&[name, child] : *table) walk(document, child, &name, self);
  } else if (auto array = node.as_array()) {
    for (auto &&child : *array) walk(document, child, nullptr, self);
  }
}

} // namespace

ctoml_document *ctoml_parse(const char *bytes, size_t length) {
  auto document = new (std::nothrow) ctoml_document;
  if (!document) return nullptr;
  auto result = toml::parse(std::string_view(bytes ? bytes : "", length));
  if (result) {
    document->root = std::move(result).table();
    walk(*document, document->root, nullptr, 0);
  } else {
    document->failed = true;
    document->error = std::string(result.error().description());
    document->error_position = place(result.error().source().begin);
  }
  return document;
}

void ctoml_free(ctoml_document *document) { delete document; }

const char *ctoml_error(const ctoml_document *document) { return document->failed ? document->error.c_str() : nullptr; }

ctoml_position ctoml_error_position(const ctoml_document *document) { return document->error_position; }

size_t ctoml_count(const ctoml_document *document) { return document->nodes.size(); }

ctoml_node ctoml_at(const ctoml_document *document, size_t index) {
  return index < document->nodes.size() ? document->nodes[index] : ctoml_node{};
}
