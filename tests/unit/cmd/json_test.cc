// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/json.h"

#include <catch2/catch.hpp>

namespace ocfs2 {
namespace {

TEST_CASE("a document of objects, arrays and every kind of value", "[json]") {
  JsonWriter json;
  json.begin_object().field("label", "demo").field("slots", 4u).field("offset", s64{-5});
  json.field("clusters", std::numeric_limits<u64>::max()).field("local", true).field("backup", nullptr);
  json.begin_array("nodes").value("one").value(2).begin_object().end_object().end_array();
  json.begin_object("uuid").key("a").value(std::string("b")).end_object().end_object();
  CHECK(json.text() ==
        "{\n  \"label\": \"demo\",\n  \"slots\": 4,\n  \"offset\": -5,\n"
        "  \"clusters\": 18446744073709551615,\n  \"local\": true,\n  \"backup\": null,\n"
        "  \"nodes\": [\n    \"one\",\n    2,\n    {}\n  ],\n  \"uuid\": {\n    \"a\": \"b\"\n  }\n}\n");
}

std::string document_with(std::string_view name) {
  JsonWriter json;
  json.begin_object().field("name", name).end_object();
  return json.text();
}

TEST_CASE("a string that is UTF-8 is written as it is", "[json]") {
  CHECK(document_with("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa7") ==
        "{\n  \"name\": \"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa7\"\n}\n");
  CHECK(document_with(std::string_view("a\0\"\n", 4)) == "{\n  \"name\": \"a\\u0000\\\"\\n\"\n}\n");
}

TEST_CASE("bytes that are not UTF-8 are replaced and kept in hexadecimal", "[json]") {
  CHECK(document_with("a\xff") == "{\n  \"name\": \"a\xef\xbf\xbd\",\n  \"name_hex\": \"61ff\"\n}\n");
  // a continuation alone, an overlong slash, half a surrogate pair, beyond U+10FFFF, a character cut short
  for (const char* text :
       {"\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"})
    CHECK(document_with(text).find("_hex") != std::string::npos);
}

}  // namespace
}  // namespace ocfs2
