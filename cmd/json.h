// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes one JSON document, piece by piece and indented. A facade, so that only json.cc includes rapidjson.
//
//   JsonWriter json;
//   json.begin_object().field("label", label).begin_array("nodes");
//   for (const Node& node : nodes) json.value(node.name);
//   json.end_array().end_object();
//   std::fputs(json.text().c_str(), stdout);
//
// JSON is Unicode, and names on a volume are just bytes. Where a string is not UTF-8 its wrong bytes are
// written as U+FFFD, and `field` adds the true ones in hexadecimal as "<key>_hex", so that nothing is lost.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>

#include "ondisk/integers.h"

namespace ocfs2 {

class JsonWriter {
 public:
  JsonWriter();
  ~JsonWriter();

  JsonWriter& begin_object();
  JsonWriter& begin_object(std::string_view key);
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& begin_array(std::string_view key);
  JsonWriter& end_array();

  JsonWriter& key(std::string_view key);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool truth);
  JsonWriter& value(double number);
  JsonWriter& value(std::nullptr_t);
  JsonWriter& value(std::unsigned_integral auto number) { return unsigned_value(number); }
  JsonWriter& value(std::signed_integral auto number) { return signed_value(number); }

  template <class T>
  JsonWriter& field(std::string_view name, const T& content) {
    if constexpr (std::convertible_to<const T&, std::string_view> && !std::same_as<T, std::nullptr_t>)
      return text_field(name, content);
    else
      return key(name).value(content);
  }

  /// How many objects and arrays are open.
  std::size_t depth() const;
  /// Ends what is open beyond that depth: where a failure broke off what was being written. The last key must
  /// have its value.
  JsonWriter& end_to(std::size_t depth);

  std::string text() const;  ///< the document with a line feed at its end
  std::string line() const;  ///< the same as one line

 private:
  JsonWriter& text_field(std::string_view name, std::string_view content);
  JsonWriter& unsigned_value(u64 number);
  JsonWriter& signed_value(s64 number);

  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ocfs2
