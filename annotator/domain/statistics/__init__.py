"""The statistics of judging: pure functions over arrays, no I/O, no opinion about tables.

    figure        a number with its interval, or "undefined" with the reason in words
    agreement     percent, Cohen, Fleiss, Krippendorff, Gwet
    resampling    bootstrap clustered by item; intervals of anything additive over items
    comparing     two raters over the same components: agreement, prevalence, confusion
    panel         several raters among each other
    leaderboard   models side by side: means, ranks, paired differences
    sampling      the audit sample: its labels, its inclusion probabilities, and what is refused
    correcting    means corrected by the audit sample: PPI, sensitivity and specificity
    biases        repeats, length, family
    replacing     may a judge replace an annotator?
    following     PIF and PIF-N-K of verifiable constraints
    consensus     Dawid and Skene: who is right when raters differ
    student       Student's t, for small samples

Scores enter as shares from 0 to 1 (awarded / possible), NaN where there is none.
"""
