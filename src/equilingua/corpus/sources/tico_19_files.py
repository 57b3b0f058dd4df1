"""The translation memories of TICO-19, by what its files call the language that is not English; and their faults."""

from __future__ import annotations

# SHA-256 and length. `fa.old` was replaced by `fa`. There is no file from English into Amharic.
FILES = {
    "ar": ("9f08855934280255d0da67accb921939a64e8c72fdcca9ede0f473bf36a09468", 423_246),
    "bn": ("eb6bdd3f2e11705538342492a2fddccc261a1c8223ebb7a753c9796e4d3b2399", 469_976),
    "ckb": ("1f7a404087404d8c1e1ccefd1e06db71c6946ef1f3e81c285be8ce3e16f36fdb", 421_655),
    "din": ("384651943b1a50a2c2b43ef3c1f27c24b99893e81e6ccc2e13ed87ff07f17d12", 351_136),
    "es-LA": ("f99ead6835c6e039424c3a425fc5bda56e89d1b901b0aeb461c40455ac5fa185", 381_511),
    "fa": ("b67eb41493c78c510f0d1badfce5a3e6f1d33842d8a4d9c433754b79ab82b1be", 416_031),
    "fr": ("6163c12be9aca3fd11a2d86f762f61d7f5f0608b22afb60bab6e5415d9c455e2", 389_003),
    "fuv": ("fc9465a23978862fb5424abfffefc960e10111d8f0b67411a91f333a0510d705", 343_259),
    "ha": ("b7f3f33ceb54edacd162b908a5f7c1463bb2be3ef7348cd2396084b25d7c897d", 372_168),
    "hi": ("15f0c198bf872e190fdbb0bb7b009ecc78a7cb6d36f6f6e727e7f6d64d2b8365", 448_122),
    "id": ("92f5678617da3f69d6f1227aa4a918100f9230f53b19a4105598e9828a176c84", 359_803),
    "km": ("1a516875d42c88888fa070058210233a50dd6b8d737ff81d5cc8fdc3b1ef19bd", 474_217),
    "kr": ("91479caf85c67e3ab630efc0c1ea438de3be6d70aa8cc62473d6b4a3e4579337", 364_302),
    "ku": ("8e7480842587631a7badce1ee272843aa5f3ce5b738a217e69f564aeb3b855a5", 390_908),
    "lg": ("a88763c7e506ba2522a05b6a2939da1fb4bf21d5f80e3cd03915ec84455ab29b", 372_234),
    "ln": ("78e3d4546d31d3b2cb4d533f5272eea1881a7533b5bb49a797119712bfe79f1d", 343_809),
    "mr": ("b6c45e13d5c46cef715c7462449830917ab6156b9610d3cd485a1729ef1ec21e", 468_879),
    "ms": ("de7aac6b8a464b973bc97588cf15c064acde8507f4a6f62ea1ca59763e0cb4ba", 362_819),
    "my": ("e344ed2e389a89503d7c90f493ef1851940816f470cdc7cab4d5c1ad915a8a45", 511_407),
    "ne": ("1474118b8afaadb73ea74862ef1919960fe6ff60263e5cb3993d594eae66b655", 454_539),
    "nus": ("d64a17444466d0af389e2fa819e740ae58c59bcca9f38674a12e35ca7778060e", 367_333),
    "om": ("4eedef554cf4975f8f6150ef333786f1582765951558280d1d84b0c968d352e9", 389_993),
    "prs": ("477942bdb354ccc295be677d715b779770aef9a282c0517062fa3da9d403a8e4", 425_435),
    "ps": ("e87ef2394aa0508c099797d616a2de7d3767224f7188c70ea345e235b4c643f8", 424_975),
    "pt-BR": ("e82ca59c00cd124e033101618acdb3d071c57183e237998b12f5518d6be3df2c", 378_665),
    "ru": ("efe7076a35e82bb0987d4e2e768f1729190acc6fd15c4a821362afd10d600994", 464_716),
    "rw": ("97b31ed64a75e64be9e25bd14273149ca96345d5adbbef1b7066426ac56a59d6", 373_804),
    "so": ("0809ea465dafd09dcf871d084ede5a2add08f8a5e9cca884304f21a4187bfa2a", 387_812),
    "sw": ("665d685b739044f805d254494f6da8f93761f71767b5f63582f8b5792c6c8a06", 366_948),
    "ta": ("fe11ff63a5cf6f949a8c4a5290aa54e59cc9583ed4cfff24344b7e6a81a3a843", 490_842),
    "ti": ("1aea8698e42487fb4d0509d0f2cd834463b3c5d653a0ae12042db7a07a828bc3", 439_110),
    "ti_ER": ("a598f7430b0daef49c04912d73168a46506f4a2673f56ede08677efd67eb5c68", 449_649),
    "ti_ET": ("08d5ca0f1cc32ebe75f24f58acaa5dae3b84f47672f89ae510a8007a5b252a55", 444_636),
    "tl": ("dca3dba5e39008fbcf9c0cece64c5e83352c87f48bebf7c3f8c76a8e1887c725", 374_841),
    "ur": ("a4160a22c7bcb814c580815a00b1c1d386257c4c8e823d7e733ba8b0f84cce72", 424_450),
    "zh": ("094d85c551124723d3ada75db50272c7301bd045df4805eb38e2060b51bfe80d", 385_761),
    "zu": ("e9d81f44f92ee9883852d88aed285bc2ee0577b80bd1343ccc52ebc5e631dd28", 373_808),
}

# What was published under the wrong id, found by comparing lengths and figures with the English, and by eye. Numbers of
# segments count through all documents; ranges are of them, both ends included.

# Segments whose translation is nowhere in the file: others' stand in their place.
LOST = {"fr": ((462, 735), (1086, 1095), (1107, 1121)), "so": ((1159, 1160), (1860, 1860))}
# Segments whose translation stands one number too early.
EARLY = {"so": ((1161, 1700), (1861, 3071))}
