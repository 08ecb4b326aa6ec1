// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/features.h"

#include <catch2/catch.hpp>

namespace ocfs2 {

namespace {

FeatureRequest request_of(std::string_view list) {
  return std::get<FeatureRequest>(parse_feature_list(list));
}
FeatureListError error_of(std::string_view list) {
  return std::get<FeatureListError>(parse_feature_list(list));
}

}  // namespace

TEST_CASE("the feature levels", "[ondisk][features]") {
  CHECK(features_of(FeatureLevel::max_compat) == Features{.compat = 3, .incompat = 0, .ro_compat = 0});
  CHECK(features_of(FeatureLevel::default_features) ==
        Features{.compat = 3, .incompat = 0xB750, .ro_compat = 1});
  CHECK(features_of(FeatureLevel::max_features) == Features{.compat = 3, .incompat = 0xBF50, .ro_compat = 7});
  CHECK(parse_feature_level("max-features") == FeatureLevel::max_features);
  CHECK_FALSE(parse_feature_level("most"));
}

TEST_CASE("a list sets and clears features", "[ondisk][features]") {
  const FeatureRequest request = request_of("metaecc,noinline-data,usrquota");
  CHECK(request.set == (feature::metaecc | feature::usrquota));
  CHECK(request.clear == feature::inline_data);
  CHECK(request.applied_to(feature::inline_data | feature::xattr) ==
        (feature::metaecc | feature::usrquota | feature::xattr));
}

TEST_CASE("unwritten brings sparse, and clearing sparse clears unwritten", "[ondisk][features]") {
  CHECK(request_of("unwritten").set == (feature::unwritten | feature::sparse));
  CHECK(request_of("nosparse").clear == (feature::unwritten | feature::sparse));
  CHECK(request_of("nounwritten").clear == feature::unwritten);
  CHECK(request_of("sparse,nounwritten").set == feature::sparse);
  CHECK(missing_dependencies(feature::unwritten) == feature::sparse);
  CHECK(missing_dependencies(feature::unwritten | feature::sparse).empty());
}

TEST_CASE("asking for both of two that exclude each other is a conflict", "[ondisk][features]") {
  for (const std::string_view list :
       {"xattr,noxattr", "noxattr,xattr", "unwritten,nosparse", "nosparse,unwritten"})
    CHECK(error_of(list).kind == FeatureListError::Kind::conflict);
  CHECK(error_of("sparse,xattr,noxattr,metaecc").word == "noxattr");
}

TEST_CASE("names that cannot be asked for", "[ondisk][features]") {
  for (const std::string_view word :
       {"journaling", "nojournaling", "heartbeat-device", "strict-journal-super", "", "no"}) {
    CHECK(error_of(word).kind == FeatureListError::Kind::unknown_name);
    CHECK(error_of(word).word == word);
  }
  CHECK(error_of("xattr,").kind == FeatureListError::Kind::unknown_name);
}

TEST_CASE("names are listed in their established order", "[ondisk][features]") {
  const Features features{.compat = 3, .incompat = 0xBF58, .ro_compat = 7};
  CHECK(feature_list_text(features) ==
        "local sparse extended-slotmap backup-super unwritten inline-data strict-journal-super metaecc xattr "
        "indexed-dirs usrquota grpquota refcount discontig-bg append-dio ");
  CHECK(feature_list_text({.compat = 0x1, .incompat = 0x10000}) == "backup-super unknown ");
  CHECK(unknown_bits({.incompat = 0x10010}) == Features{.incompat = 0x10000});
}

}  // namespace ocfs2
