// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/rescue/views.h"

#include <fmt/format.h>

#include "engine/rescue/replayed.h"

namespace ocfs2 {
namespace {

/// fsck speaks to somebody who repairs a volume; whoever wants files hears how far it is, and in the end what
/// went wrong.
class Aside final : public Reporter {
 public:
  Aside(Reporter& whole, MendedDamage& damage) : whole_(whole), damage_(damage) {}
  void note(std::string_view) override {}
  void warn(std::string_view text) override { damage_.tell(std::string(text)); }
  void stage(std::string_view) override {}
  void stage_done(std::string_view) override {}
  void progress(std::uint64_t done, std::uint64_t total) override { whole_.progress(done, total); }
  bool interrupted() const override { return whole_.interrupted(); }

 private:
  Reporter& whole_;
  MendedDamage& damage_;
};

OpenOptions as_far_as_possible() {
  OpenOptions options;
  options.unfinished_change = options.unknown_features = true;
  return options;
}

}  // namespace

void MendedDamage::tell(std::string line) {
  if (lines.size() < lines_max) lines.push_back(std::move(line));
}

RescueViews::~RescueViews() = default;

Volume& RescueViews::replayed(Reporter& reporter) {
  if (replayed_) return *replayed_;
  if (as_is_ == nullptr) fail(ErrorKind::corrupt, "{} cannot be opened without a repair", device_.name());
  if (in_use_) return *as_is_;
  auto view = as_replayed(*as_is_);
  if (view->blocks() == 0) return *as_is_;
  replayed_ = Volume::open(*view, as_far_as_possible());
  replayed_view_ = std::move(view);
  reporter.warn(fmt::format("{} has journals that were not replayed: files are read as if they had been",
                            device_.name()));
  return *replayed_;
}

Volume& RescueViews::mended(Reporter& reporter, u64 now_seconds) {
  if (mended_) return *mended_;
  MendedDamage damage;
  Aside aside(reporter, damage);
  reporter.stage("Looking for damage");
  auto overlay = std::make_unique<OverlayDevice>(device_, memory_max);
  const auto answer = [&](const Finding& finding) {
    if (finding.problem.severity != Severity::accounting)
      damage.tell(fmt::format("[{}] {}", finding.problem.code, finding.text));
    return finding.problem.wholesale == Answer::yes ? Reply::yes : Reply::no;
  };
  VolumeCheck check(*overlay, {}, {.force = true},
                    {.reporter = aside,
                     .ask = answer,
                     .now_seconds = [now_seconds] { return now_seconds; },
                     .undo = overlay.get()});
  check.prepare();
  check.run_passes();
  const CheckOutcome outcome = check.finish();
  if (outcome.interrupted) fail(ErrorKind::interrupted, "interrupted");
  damage.found = outcome.found;
  damage.left = outcome.left;
  mended_ = Volume::open(*overlay, as_far_as_possible());
  overlay_ = std::move(overlay);
  damage_ = std::move(damage);
  reporter.stage_done(damage_.found == 0 ? "none" : fmt::format("{} problems", damage_.found));
  return *mended_;
}

}  // namespace ocfs2
